"""Where the companion's results go, and how they are written: whole or not at all.

The writers are the project's, in the folder above: data/writer.py and pictures.py. Importing this module puts that
folder on the path, behind the companion's own, so that both are found when a file of the companion is run by itself.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from data.writer import atomic_write

__all__ = ["OUTPUT", "atomic_write"]

OUTPUT = Path(__file__).resolve().parents[1] / "output" / "companion"
