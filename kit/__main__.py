"""Writes the kit that a course gives to its students: output/kit/ and output/kit.zip (make kit).

python -m kit                      for the edition of January 2025
python -m kit --edition later      for the template in use since June 2025
"""

import argparse
import shutil
import zipfile
from pathlib import Path

from data.writer import atomic_write

from .cells import notebook
from .starter import SOLUTIONS, starter

HERE = Path(__file__).parent
OUTPUT = HERE.parent / "output"
FILES = {  # in the kit: here
    "README.md": HERE / "students.md",
    "check.py": HERE / "check.py",
    "check_calls.py": HERE / "check_calls.py",
    "check_hints.py": HERE / "check_hints.py",
    "check_mine.py": HERE / "check_mine.py",
    "get_data.py": HERE / "get_data.py",
    "utils.py": HERE.parent / "utils.py",
}


def contents(edition):
    """The files of the kit: {path in it: bytes}."""
    files = {name: path.read_bytes() for name, path in FILES.items()}
    templates = sorted((HERE / "templates").glob("assignment2.*"))
    files |= {f"templates/{path.name}": path.read_bytes() for path in templates}
    return files | {"assignment2.py": starter(edition).encode(), "walkthrough.ipynb": notebook("student").encode()}


def build(edition, out):
    """Write the folder `out`/kit anew, and `out`/kit.zip, whose bytes are the same for the same files. Returns both."""
    folder, archive = out / "kit", out / "kit.zip"
    shutil.rmtree(folder, ignore_errors=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(archive) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in sorted(contents(edition).items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            entry = zipfile.ZipInfo(f"kit/{name}")  # dated 1980
            entry.external_attr, entry.compress_type, entry.create_system = 0o644 << 16, zipfile.ZIP_DEFLATED, 3
            zipped.writestr(entry, content)
    return folder, archive


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m kit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edition", choices=SOLUTIONS, default="january")
    options = parser.parse_args(arguments)
    folder, archive = build(options.edition, OUTPUT)
    print(f"{folder} and {archive} ({archive.stat().st_size / 1000:.0f} kB), for the edition: {options.edition}")


if __name__ == "__main__":
    main()
