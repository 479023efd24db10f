"""A small class as a course grades it: killed in the middle, and graded to its end by the same command.

The same with 200 entries: python -m tests.autograder_bank.run_class --kill
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_class_that_is_killed_is_graded_to_its_end_and_nothing_is_left():
    run = subprocess.run(
        [sys.executable, "-B", "-m", "tests.autograder_bank.run_class", "--count", "7", "--kill"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert run.stdout, run.stderr
    found = json.loads(run.stdout)
    assert found["problems"] == []
    assert found["rows"] == found["entries"] == 7 and found["with all points"] == found["right"] == 4
    assert 3 <= found["killed after"] < 6 and found["processes seen"] > 6
