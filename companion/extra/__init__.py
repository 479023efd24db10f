"""What goes past the assignment: fast training, pictures, the whole table of question 4, explanations, the ablation.

Its modules use the project's writers, pictures and command lines, so importing this package puts the project's folder
on the path, behind the companion's own: `utils` stays the companion's.
"""

import os
import sys
from pathlib import Path

# Before numpy is loaded: the regressions take two to four times as long where threads wait for one another on matrices
# of a few columns.
os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")} | os.environ)

sys.path.append(str(Path(__file__).resolve().parents[2]))

from command import run

__all__ = ["run"]
