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
from pathlib import Path

import numpy as np

from data.embedded import load_embedded
from data.reader import read_tweets
from data.writer import atomic_write
from page.build import build_page
from report.inputs import NUMBER, read_json
from utils import feature_matrix

OUTPUT = Path("output")
PARAMETERS = {"W1": list, "b1": list, "W2": list, "b2": list}
NEEDED = {  # of a run.json, and of which kind
    "seed": int,
    "hidden": int,
    "lr": NUMBER,
    "batch": int,
    "steps_taken": int,
    "data": {"train": int, "source": str},
    "curve": {"step": list, "train": list},
    "parameters": PARAMETERS,
    "checkpoints": {"step": list, **PARAMETERS},
    "examples": list,
}


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
    """The run.json of a training on tweets. Raises FileNotFoundError or ValueError in one sentence."""
    run = read_json(path, NEEDED, "`python train.py` makes it")
    for name, shape in (("W1", (run["hidden"], 3)), ("W2", (1, run["hidden"])), ("b1", (run["hidden"],)), ("b2", (1,))):
        if np.shape(run["parameters"][name]) != shape:
            raise ValueError(f"{path}: {name} of shape {np.shape(run['parameters'][name])} is not {shape}")
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
