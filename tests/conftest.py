"""What the tests of all rooms share: the packages that they need, and where the real data is."""

import gc
import os
import re
import shutil
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"
INSTALL = "python -m pip install -r requirements-all.txt"

# What the tests of a file need beside the packages of requirements.txt. A single test says so by pytest.importorskip.
NEEDS = {
    "test_autograder.py": ("pypdf",),
    "test_autograder_attacks.py": ("pypdf", "joblib"),
    "test_autograder_bank.py": ("pypdf",),
    "test_autograder_cell.py": ("pypdf",),
    "test_autograder_class.py": ("pypdf", "joblib", "jinja2", "pyyaml"),
    "test_autograder_downloads.py": ("pyyaml",),
    "test_autograder_gradebook.py": ("pypdf", "joblib", "jinja2", "pyyaml"),
    "test_autograder_handins.py": ("pypdf",),
    "test_autograder_pages.py": ("pypdf", "joblib", "jinja2"),
    "test_autograder_similarity.py": ("pypdf", "jinja2"),
    "test_autograder_tables.py": ("pyyaml",),
    "test_kit.py": ("pypdf",),
    "test_report.py": ("pypdf", "pypdfium2", "typst"),
    "test_report_formulas.py": ("sympy", "mpmath"),
    "test_report_student.py": ("pypdf", "pypdfium2", "typst"),
    "test_notebook.py": ("nbclient", "ipykernel", "jupytext"),
    "test_story.py": ("pypdfium2", "scikit-learn", "typst"),
    "test_report_companion.py": ("pypdf", "pypdfium2", "sympy", "typst"),
}

# Before numpy is loaded: the matrices are small, and where two workers share two cores, BLAS threads that wait for one
# another make a regression ten times slower.
for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# What is imported and collected stays to the end: to search it for garbage, again and again, is a third of a collection
# and a tenth to a third of the tests.
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@cache
def installed():
    """The names of the packages that are installed, in lower case and with hyphens."""
    return {re.sub("[-_.]+", "-", found.name).lower() for found in metadata.distributions()}


def missing(packages):
    return [name for name in packages if name not in installed()]


def required(name="requirements-all.txt"):
    """The packages of a list of requirements, and of those that it includes."""
    packages = []
    for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            packages += required(line[3:])
        elif line and not line.startswith("#"):
            packages.append(re.match("[A-Za-z0-9-]+", line)[0])
    return packages


def pytest_addoption(parser):
    parser.addoption("--complete", action="store_true", help="fail if a package is missing, instead of skipping tests")
    parser.addoption("--bank", action="store_true", help="all of the grader's bank; else a part of it")


def pytest_configure(config):
    if config.getoption("complete") and missing(required()):
        raise pytest.UsageError(f"needs {', '.join(missing(required()))}: {INSTALL}")


class Skipped(pytest.Module):
    """A file of tests that is not imported, because what it needs is not installed."""

    def collect(self):
        pytest.skip(f"needs {', '.join(missing(NEEDS[self.path.name]))}: {INSTALL}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    if missing(NEEDS.get(module_path.name, ())):
        return Skipped.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(config, items):
    """Without --bank, take one in five of the bank of submissions, and try its attacks in two cells of four."""
    if config.getoption("bank"):
        return
    cases = {"test_autograder_bank.py": [], "test_autograder_attacks.py": []}
    for item in items:
        if item.path.name in cases and hasattr(item, "callspec"):
            cases[item.path.name].append(item)
    bank, attacks = cases.values()
    left = set(map(id, bank)) - set(map(id, bank[::5]))
    left |= {id(item) for item in attacks if item.callspec.params["setting"] in ("user", "nobody")}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left])
    items[:] = [item for item in items if id(item) not in left]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One worker for each core, up to four: each starts browsers, kernels and cells of its own."""
    return min(4, os.cpu_count())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With several workers, a file stays on one, since its fixtures are costly; the grader's bank is spread over all.

    Not by marks and --dist=loadgroup, which pytest-xdist 3.8 ignores under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return nodeid if file.endswith("test_autograder_bank.py") else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared/` beside the project: data/twitter_data.pkl, data/sst, data/glove, nltk_data."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the real data is not beside the project: no folder {SHARED / 'data'}")
    return SHARED


@pytest.fixture(scope="session")
def model_answer(tmp_path_factory) -> Path:
    """The PDF of a made-up training run."""
    from report_pages import make_model_answer

    return make_model_answer(tmp_path_factory.mktemp("model"))


SWITCHES = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Headless Chromium, driven by selenium."""
    reason = "python -m pip install -r requirements-all.txt"
    webdriver = pytest.importorskip("selenium.webdriver", reason=reason)
    pytest.importorskip("selenium_axe_python", reason=reason)
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in (*SWITCHES.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options, webdriver.ChromeService(driver, log_output=os.devnull))
    yield found
    found.quit()
