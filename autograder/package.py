"""Builds the package for Gradescope: python -m autograder.package autograder.zip

setup.sh and run_autograder lie at the zip's root, as Gradescope asks, beside the grader, the reference solution and the
wheels of what they need, for the Python 3.10 of Gradescope's Ubuntu 22.04.
"""

if __name__ == "__main__":
    import command

    command.run("python -m autograder.package", "autograder.package")

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from data.writer import atomic_write

from .results import stub
from .rubric import RUBRIC, read_rubric

PROJECT = Path(__file__).resolve().parents[1]
FILES = (
    "assignment2.py",
    "assignment2.pkl",
    "assignment2.pdf",
    "utils.py",
    "command.py",
    "data/reader.py",
    "data/writer.py",
    "data/__init__.py",
    "data/embedded.py",
    "data/features.npz",
    "autograder/*.py",
    "autograder/mistakes.md",
    "autograder/cell/*.py",
)
SCRIPTS = ("setup.sh", "run_autograder")
NEEDS = ("numpy", "nltk", "tqdm", "pypdf")  # of the project's requirements
TARGET = (
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.10",
    "--platform=manylinux2014_x86_64",
    "--platform=manylinux_2_28_x86_64",
)


def requirements():
    """The lines of the project's lists of requirements that the grader needs."""
    lists = [PROJECT / name for name in ("requirements.txt", "requirements-all.txt")]
    lines = [line for path in lists for line in path.read_text(encoding="utf-8").splitlines()]
    # pypdf asks for typing_extensions below Python 3.11, which `pip download` judges by the Python that it runs on.
    return [line for line in lines if line.startswith(NEEDS)] + ["typing_extensions"]


def build(target, rubric=RUBRIC, wheels=True):
    """Write the zip `target`. Returns a sentence on the wheels. Raises FileNotFoundError if an artefact is missing."""
    files = {name: (PROJECT / "autograder/gradescope" / name).read_bytes() for name in SCRIPTS}
    files["requirements.txt"] = "\n".join(requirements()).encode() + b"\n"
    files["autograder/rubric.md"] = Path(rubric).read_bytes()
    files["stub.json"] = json.dumps(stub(read_rubric(rubric)), indent=1).encode() + b"\n"
    for pattern in FILES:
        found = sorted(PROJECT.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{pattern} is missing: `make artefacts` writes it")
        files.update((path.relative_to(PROJECT).as_posix(), path.read_bytes()) for path in found)
    said = "no wheels in it: setup.sh installs from the network"
    with tempfile.TemporaryDirectory() as folder:
        if wheels:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--dest",
                folder,
                *TARGET,
            ]
            got = subprocess.run([*command, *requirements()], capture_output=True, text=True)
            if got.returncode == 0:
                files.update((f"wheels/{path.name}", path.read_bytes()) for path in sorted(Path(folder).iterdir()))
                said = "wheels in it: setup.sh installs without the network"
    with atomic_write(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # dated 1980: the same files give the same zip
            entry.external_attr = (0o755 if name in SCRIPTS else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return said


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m autograder.package", description="Builds the package for Gradescope."
    )
    parser.add_argument("zip", help="the file to write")
    parser.add_argument("--rubric", default=RUBRIC, metavar="FILE", help="another table of points and checks")
    options = parser.parse_args(arguments)
    said = build(options.zip, options.rubric)
    print(f"{options.zip}: {Path(options.zip).stat().st_size / 1e6:.1f} MB, {said}")
    return 0
