"""The grader against attacks: tests/autograder_bank/README.md says what an entry is.

All are run once, in processes of their own, by the first test; each test then looks at one.
"""

import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from tests.autograder_bank.attacks import ATTACKS
from tests.autograder_bank.run_attacks import NOBODY

PROJECT = Path(__file__).resolve().parents[1]
JOBS = os.cpu_count() or 1


def run_attacks(setting):
    """{name: what run_attacks.py found} of the attacks in a setting, in a process of its own with a copy of the grader.

    The copy is readable by all, as an ordinary clone is, and lies where other than its own code must be: below the
    prefix of the interpreter, or beside it with a name that begins with the prefix. Where the grader is an ordinary
    user, interpreter and grader belong to that user.
    """
    trial = Path(tempfile.mkdtemp(prefix="trial-"))
    try:
        venv.create(trial / "venv", symlinks=True)
        packages = sysconfig.get_path("purelib", vars={"base": str(trial / "venv")})
        Path(packages, "packages.pth").write_text(sysconfig.get_path("purelib"))
        tree = trial / ("venv/project" if setting in ("root", "user") else "venv-project")
        tree.mkdir()
        for name in ("assignment2.py", "utils.py"):
            shutil.copy(PROJECT / name, tree)
        for name in ("autograder", "data", "later_edition", "tests/autograder_bank"):
            shutil.copytree(PROJECT / name, tree / name, ignore=shutil.ignore_patterns("*.pkl"))
        trial.chmod(0o755)
        if os.getuid() == 0 and setting in ("nobody", "process"):
            for folder, _, names in os.walk(trial):
                for name in (".", *names):
                    os.chown(os.path.join(folder, name), NOBODY, NOBODY, follow_symlinks=False)
        run = subprocess.run(
            [trial / "venv/bin/python", "-B", "-m", "tests.autograder_bank.run_attacks", setting],
            cwd=tree,
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(trial)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return {result["name"]: {"left": [], "score": 0, **result} for result in found} | {"stderr": run.stderr}


def tried(setting):
    return [attack.name for attack in ATTACKS if setting in attack.where]


SETTINGS = ("root", "user", "nobody", "process") if os.getuid() == 0 else ("nobody", "process")


@pytest.fixture(scope="session")
def attacks(request):
    """{(setting, name): result}. Much of it is waiting for time limits, so more run at once than there are cores."""
    chosen = {item.callspec.params["setting"] for item in request.session.items if "attacks" in item.fixturenames}
    settings = [setting for setting in SETTINGS if setting in chosen]
    results = Parallel(n_jobs=2 * JOBS, prefer="threads")(delayed(run_attacks)(setting) for setting in settings)
    return {
        (setting, name): result
        for setting, found in zip(settings, results, strict=True)
        for name, result in found.items()
    }


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for what attacks leave in /proc")
@pytest.mark.parametrize(
    "setting, name",
    [
        (setting, name)
        for setting in ("root", "user", "nobody", "process")
        for name in (*tried(setting), "the neighbour")
    ],
)
def test_an_attack_earns_nothing_and_leaves_nothing(setting, name, attacks):
    if setting not in SETTINGS:
        pytest.skip("needs root, to grade student code as another user")
    result = attacks.get((setting, name)) or pytest.fail(f"the run ended before it: {attacks[setting, 'stderr']}")
    if "unavailable" in result:
        pytest.skip(result["unavailable"])
    assert not result["left"], "\n".join(result["left"])
    assert result["score"] == 65 if name == "the neighbour" else result["score"] <= result["most"], result["hints"]


def test_the_bank_of_attacks_is_large_enough():
    assert len(ATTACKS) >= 100 and len({attack.name for attack in ATTACKS}) == len(ATTACKS)
