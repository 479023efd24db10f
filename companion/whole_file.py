"""Files that are whole or untouched, for the companion, which imports nothing from the folder above it."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_whole(path):
    """Yield a temporary path beside `path`, with its suffix; renamed to `path` if the block ends well, else deleted."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
