"""What the companion's tests share: one thread, the packages that they need, and where the real data is."""

import gc
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

# Before numpy is loaded: where two workers share two cores, BLAS threads that wait for one another are slow.
for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# What is imported and collected stays to the end: to search it for garbage, again and again, is a third of a collection
# and a tenth to a third of the tests.
gc.disable()

SHARED = Path(__file__).resolve().parents[3] / "shared"
for package in ("scipy", "sklearn", "mpmath", "pooch"):
    if find_spec(package) is None:  # not imported here: two seconds, also where the tests are only handed out
        pytest.skip(f"needs {package}: python -m pip install -r requirements-all.txt", allow_module_level=True)


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def sst() -> Path:
    """The Stanford Sentiment Treebank in `shared/` beside the project."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the real data is not beside the project: no folder {SHARED / 'data'}")
    return SHARED / "data" / "sst"


@pytest.fixture(scope="session")
def treebank(sst):
    """It, read once. Only one test may draw the thinned text, which is drawn once."""
    from utils.treebank import StanfordSentiment

    return StanfordSentiment(sst)
