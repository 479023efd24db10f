"""The whole of questions 3 and 4 beyond the assignment.

python companion/extra                # vectors, every line of the table, pictures, the model for q4's --predict
python companion/extra ablation       # what each step adds to the sentiment of sentences, half an hour
python companion/extra download       # the Stanford Sentiment Treebank (7 MB) to companion/utils/datasets
"""

import argparse
import sys
from pathlib import Path

# `python companion/extra` puts its own folder on the path: the companion goes first, the project second.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import extra  # noqa: F401, I001 (before numpy, which reads there how many threads it may have)
from q3_sgd import SAVED

import command


def main(arguments=None):
    parser = argparse.ArgumentParser(
        "companion/extra", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__
    )
    parser.add_argument("what", nargs="?", default="table", choices=["table", "ablation", "download"])
    parser.add_argument("--data", metavar="FOLDER", help="the treebank, as for companion/utils/treebank.py")
    parser.add_argument("--glove", metavar="FILE", help="GloVe, as for companion/utils/glove.py")
    parser.add_argument(
        "--out", metavar="FOLDER", type=Path, default=SAVED.parent, help="for results (default: output/companion)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the table's own vectors (default: 0)")
    parser.add_argument("--seeds", type=int, default=3, help="vectors for each line of the ablation (default: 3)")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"argument --seed: a whole number of at least 0, not {options.seed}")
    if options.seeds < 1:
        parser.error(f"argument --seeds: at least 1, not {options.seeds}")
    if options.what == "download":
        from extra.download import download

        download()
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    with command.interruptible():
        try:
            if options.what == "ablation":
                from extra.ablation import run
            else:
                from extra.sentiment import run
            run(options)
        except KeyboardInterrupt:
            print("\nStopped: every file is whole, but some may be of an earlier run.", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    command.run("companion/extra", "extra.__main__")
