"""Write files whole or not at all: to a temporary name in the same folder, then rename."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path):
    """Yield a temporary path beside `path`. If the block succeeds, that file replaces `path`; if not, it is deleted.

    The temporary name keeps the suffix of `path`, from which writers such as matplotlib tell the format. Raises OSError
    that names `path`, never the temporary file.
    """
    path = Path(path)
    name = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
        yield Path(name)
        # mkstemp makes a file that its owner alone can read; give it what an ordinary new file would have.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException as error:
        if name is not None:
            os.unlink(name)
        if isinstance(error, OSError) and (name is None or str(error.filename) in (name, "None")):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
