"""What every room's tests share: where the real data is."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared/` beside the project: data/twitter_data.pkl, data/sst, data/glove, nltk_data."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the real data is not beside the project: no folder {SHARED / 'data'}")
    return SHARED
