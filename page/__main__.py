"""Write the network of a training run as one interactive page.

    python -m page                        the run in output/ -> output/network.html
    python -m page --run mine             the run in mine/ -> mine/network.html
    python -m page --run mine --data FILE a run that was trained on a data file of your own

Open the page in a browser: it is one file, and loads nothing. It shows the test tweets and the decision surface, every
value of one tweet, forward and back, steps of gradient descent, the training, and what becomes of a tweet of yours.

Exit status: 0 done, 2 for input that cannot be used, 130 after Ctrl-C.
"""

if __name__ == "__main__":
    import command

    command.run("python -m page", "page.__main__")

import argparse
import json
from pathlib import Path

from data.embedded import load_embedded
from data.reader import read_tweets
from data.writer import atomic_write
from page.build import build_page
from utils import feature_matrix

OUTPUT = Path("output")


def main(argv=None):
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m page",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", type=Path, default=OUTPUT, metavar="FOLDER", help="of train.py (default output)")
    parser.add_argument("--data", type=Path, metavar="FILE", help="the data file that the run was trained on")
    args = parser.parse_args(argv)
    path = args.run / "network.html"
    run, data = read_run(args.run / "run.json"), read_data(args.data)
    if len(data["train_y"]) != run["data"]["train"]:
        raise ValueError(
            f"{args.run / 'run.json'}: trained on the {run['data']['train']:,} tweets of {run['data']['source']}, and "
            f"{args.data or 'the embedded data'} has {len(data['train_y']):,}: name the run's file with --data"
        )
    page = build_page(run, data)
    with atomic_write(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(f"{path}, {len(page.encode()) / 1000:,.0f} kB")
    return 0


def read_run(path):
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file; python train.py writes it") from None
    except ValueError as error:
        raise ValueError(f"{path}: not the JSON of a run: {error}") from None
    if not isinstance(run, dict) or "checkpoints" not in run:
        raise ValueError(f"{path}: has no checkpoints; train again with python train.py")
    return run


def read_data(path):
    if path is None:
        return load_embedded()
    tweets = read_tweets(path)
    data = {"freqs": tweets["freqs"], "test_X": None, "test_y": None}
    for part in ("train", "test"):
        if f"{part}_x" in tweets:
            data[f"{part}_X"] = feature_matrix(tweets[f"{part}_x"], tweets["freqs"])
            data[f"{part}_y"] = tweets[f"{part}_y"]
    return data
