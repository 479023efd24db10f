"""Files that are whole or untouched: write to a temporary name in the same folder, then rename."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path):
    """Yield a temporary path beside `path`; when the block ends well it takes the name of `path`, else it goes.

    The temporary name keeps the suffix of `path`, from which writers such as matplotlib tell the format.
    Raises OSError where the folder cannot be written.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(name)
        # mkstemp makes a file that its owner alone can read; give it what an ordinary new file would have.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
