"""What every command line does alike, seen from outside: small jobs in processes of their own, without numpy."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import command

ROOT = Path(command.__file__).parent

# The first line makes Ctrl-C work even if the tests themselves run in the background of a script, where it is ignored.
SCRIPT = """\
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
import sys; sys.path.insert(0, {root!r})
import command
command.run("job", "job")
"""

PRESS = "os.kill(os.getpid(), signal.SIGINT)"


@pytest.fixture
def job(tmp_path):
    """Run a job with the given lines in its main, by a shell that redirects its output; returns status, out, error."""

    def run(lines, shell="{job}", before=""):
        body = "".join(f"    {line}\n" for line in lines.splitlines())
        text = f"import os, signal, sys\nimport command\n{before}\ndef main(argv):\n{body}    return 0\n"
        (tmp_path / "job.py").write_text(text, encoding="utf-8")
        (tmp_path / "script.py").write_text(SCRIPT.format(root=str(ROOT)), encoding="utf-8")
        line = "set -o pipefail; " + shell.format(job=f"{sys.executable} script.py")
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, encoding="utf-8")
        return done.returncode, done.stdout, done.stderr

    return run


# ---- Errors --------------------------------------------------------------------------------------


def raises(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    "error, sentence",
    [
        (ValueError("x.pkl: no dict\n  but a list"), "x.pkl: no dict but a list"),
        (FloatingPointError("overflow by step 3"), "overflow by step 3"),
        (FileNotFoundError("x.pkl: no such file"), "x.pkl: no such file"),
        (IsADirectoryError(21, "Is a directory", "out/run.json"), "out/run.json: Is a directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), "not enough memory"),
        (MemoryError("Unable to allocate 7.28 TiB"), "not enough memory: Unable to allocate 7.28 TiB"),
        (ImportError("numpy is\nbroken"), "numpy is broken"),
    ],
)
def test_an_error_is_one_sentence(capsys, error, sentence):
    assert command.attempt("job", raises(error)) == 2
    assert capsys.readouterr() == ("", f"job: error: {sentence}\n")


def test_a_fault_of_the_program_is_not_hidden():
    with pytest.raises(KeyError):
        command.attempt("job", raises(KeyError("W1")))


def test_statuses(capsys):
    assert command.attempt("job", lambda: 3) == 3
    assert command.attempt("job", raises(SystemExit(2))) == 2
    assert command.attempt("job", raises(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "job: interrupted\n")


def test_the_list_that_holds_a_missing_package_is_named(capsys):
    """matplotlib is in the training's list; scipy and what nobody knows need the whole one."""
    for package, names, target in [
        ("matplotlib", "requirements.txt", "make train"),
        ("scipy", "requirements-all.txt", "make test"),
        ("absent", "requirements-all.txt", "make test"),
    ]:
        assert command.attempt("job", raises(ModuleNotFoundError("", name=package))) == 2
        assert f"python -m pip install -r {names}`, or run `{target}`" in capsys.readouterr().err


@pytest.mark.parametrize("lines", ["import absent.part", "command.need('sys', 'absent')"])
def test_a_missing_package(job, lines):
    for before, inside in [("", lines), (lines, "")]:  # when main needs it; when the module is imported
        status, out, error = job(inside, before=before)
        assert (status, out) == (2, "") and error.count("\n") == 1
        assert error.startswith(f"job: error: the package absent is missing from {sys.executable}; ")
        assert "python -m pip install -r requirements-all.txt" in error


# ---- Ctrl-C --------------------------------------------------------------------------------------


def test_ctrl_c_during_an_import(job):
    assert job("print('too late')", before=f"print('early')\n{PRESS}\nprint('too late')") == (
        130,
        "early\n",
        "job: interrupted\n",
    )


def test_ctrl_c_is_a_keyboard_interrupt_only_where_it_is_wanted(job):
    lines = f"""\
try:
    with command.interruptible():
        {PRESS}
except KeyboardInterrupt:
    print("kept")
try:
    {PRESS}
finally:
    print("an exception")"""
    assert job(lines) == (130, "kept\n", "job: interrupted\n")


def test_the_first_ctrl_c_lets_a_block_finish_and_the_second_gives_up(job):
    lines = f"""\
with command.finishing("Saving.") as pressed:
    print(len(pressed))
    {PRESS}
    print(len(pressed))
    try:
        {PRESS}
    finally:
        print("cleaned up")
    print("not reached")"""
    assert job(lines) == (130, "0\n1\ncleaned up\n", "Saving.\njob: interrupted\n")


def test_after_a_block_ctrl_c_ends_at_once_again(job):
    lines = f"""\
with command.finishing("Saving."):
    with command.interruptible():
        pass
    {PRESS}
    print("saved")
{PRESS}
print("not reached")"""
    assert job(lines) == (130, "saved\n", "Saving.\njob: interrupted\n")


def test_a_background_job_of_a_script_does_not_hear_ctrl_c(job, tmp_path):
    lines = f"""\
{PRESS}
with command.finishing("Saving."):
    with command.interruptible():
        {PRESS}
print("done")"""
    job(lines)
    script = (tmp_path / "script.py").read_text(encoding="utf-8").splitlines()[1:]  # without the line that listens
    ignored = ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)", *script]
    done = subprocess.run([sys.executable, "-c", "\n".join(ignored)], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_blocks_leave_a_notebooks_ctrl_c_as_it_was():
    before = signal.getsignal(signal.SIGINT)
    with command.finishing("Saving."), command.interruptible():
        pass
    assert signal.getsignal(signal.SIGINT) is before


# ---- Output --------------------------------------------------------------------------------------

MUCH = """\
for i in range(3000):
    print("line", i)
open("whole", "w").write("to the end")
print("ŷ … é 🙂", file=sys.stderr)"""

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")


@pytest.mark.parametrize(
    "shell, status, error",
    [
        ("{job} | head -1 > first", 0, "ŷ … é 🙂\n"),
        ("PYTHONUNBUFFERED=1 {job} | head -1 > first", 0, "ŷ … é 🙂\n"),
        ("{job} >&-", 0, "ŷ … é 🙂\n"),
        ("{job} 2>&- > log", 0, ""),
        ("{job} >&- 2>&- <&-", 0, ""),
        pytest.param(
            "{job} > /dev/full",
            1,
            "ŷ … é 🙂\njob: error: the output could not be written: No space left on device\n",
            marks=needs_full,
        ),
        pytest.param("{job} 2> /dev/full > log", 0, "", marks=needs_full),
        pytest.param("{job} > /dev/full 2>&1", 1, "", marks=needs_full),
    ],
)
def test_output_that_cannot_be_written_stops_nothing(job, tmp_path, shell, status, error):
    assert job(MUCH, f"export PYTHONUTF8=1; {shell}") == (status, "", error)
    assert (tmp_path / "whole").read_text() == "to the end"
    if (tmp_path / "log").exists():
        assert (tmp_path / "log").read_text().endswith("line 2998\nline 2999\n")
    if (tmp_path / "first").exists():
        assert (tmp_path / "first").read_text() == "line 0\n"


@pytest.mark.parametrize(
    "setting, text",
    [
        ("PYTHONIOENCODING=utf-8", "ŷ … é 🙂"),
        ("PYTHONIOENCODING=cp1252", "yhat … é ?"),
        ("PYTHONIOENCODING=ascii", "yhat ... e ?"),
        ("LC_ALL=POSIX PYTHONCOERCECLOCALE=0 PYTHONUTF8=0", "yhat ... e ?"),
    ],
)
def test_a_code_page_without_the_characters(job, tmp_path, setting, text):
    status, _, error = job('print("ŷ … é 🙂")', f"{setting} {{job}} > log")
    encoding = "cp1252" if "cp1252" in setting else "utf-8"
    assert (status, error, (tmp_path / "log").read_text(encoding=encoding)) == (0, "", f"{text}\n")


def test_a_tweet_with_half_a_surrogate_pair_can_be_printed(job):
    assert job(r'print("a \ud83d b")', "PYTHONUTF8=1 {job}") == (0, "a ? b\n", "")


def test_in_a_notebook_the_streams_are_left_alone(monkeypatch, capsys):
    """%run: no exit either, so that the names that the script defines arrive in the notebook."""
    stream, handler = sys.stdout, signal.getsignal(signal.SIGINT)
    monkeypatch.setitem(sys.modules, "IPython", command)  # any module: it is there
    monkeypatch.setattr(sys, "argv", ["job", "a", "b"])
    monkeypatch.setitem(sys.modules, "job", type("job", (), {"main": staticmethod(lambda argv: print(argv))}))
    assert command.run("job", "job") is None
    assert sys.stdout is stream and signal.getsignal(signal.SIGINT) is handler
    assert capsys.readouterr().out == "['a', 'b']\n"
