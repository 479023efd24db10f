"""Write notebook/assignment2.ipynb: the solution's cells of walkthrough.py, executed.

No time, path or version of Python is in the file. The same versions of the packages
give the same bytes.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from data.writer import atomic_write
from kit.cells import notebook

TARGET = HERE / "assignment2.ipynb"


def execute(text, folder):
    """The notebook `text`, executed in a new kernel that starts in `folder`.

    Returns an nbformat notebook. Raises CellExecutionError, which shows the traceback.
    """
    book = nbformat.reads(text, as_version=4)
    kernel = book.metadata.copy()
    settings = {
        "resources": {"metadata": {"path": str(folder)}},
        "record_timing": False,
        "coalesce_streams": True,  # else the outputs would depend on the moment
        "extra_arguments": ["--log-level=ERROR"],  # it warns of others on this machine
    }
    NotebookClient(book, timeout=600, **settings).execute()
    book.metadata = kernel  # to which the client has added the version of Python
    return book


if __name__ == "__main__":
    with atomic_write(TARGET) as temporary:
        nbformat.write(execute(notebook("solution"), HERE), temporary)
    print(f"{TARGET.relative_to(HERE.parent)}: {TARGET.stat().st_size / 1000:.0f} kB")
