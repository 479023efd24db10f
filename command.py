"""What every command of the project does alike: Ctrl-C, errors, and output that cannot be written.

A script begins with these lines, before it imports anything else:

    if __name__ == "__main__":
        import command
        command.run("train.py", "train")

`run` imports the module train, calls its main(argv) and exits with the status that main returns. From then on

- Ctrl-C answers at once, in the middle of an import too: one sentence, exit status 130;
- an error that the user can mend is one sentence on stderr, exit status 2;
- output never stops the work: if nobody reads it any more, the command carries on and ends as it would have; if it
  cannot be written, the command carries on, says so at its end and exits with 1.

Needs the standard library alone, since a missing package is one of those errors.
"""

import codecs
import errno
import importlib
import importlib.util
import io
import os
import signal
import sys
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path


def run(program, module):
    """Import `module`, call its main with the command line's arguments, and exit. Messages begin with `program`."""

    def main():
        return importlib.import_module(module).main(sys.argv[1:])

    if "IPython" in sys.modules:  # %run in a notebook: the streams and Ctrl-C are the notebook's
        attempt(program, main)
        return
    if not _ctrl_c_is_ignored():
        signal.signal(signal.SIGINT, lambda *_: _leave(program))
    output = _replace_stream("stdout")
    _replace_stream("stderr")
    status = attempt(program, main)
    sys.stdout.flush()
    if output.failure and not _reader_left(output.failure):
        _complain(program, f"the output could not be written: {output.failure.strerror}")
        status = status or 1
    sys.exit(status)


def attempt(program, main):
    """What main() returns, an exit status; or for an error that the user can mend, one sentence on stderr and 2."""
    try:
        return main()
    except SystemExit as stop:  # argparse, after --help or its own message
        return stop.code
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        package = (error.name or str(error)).partition(".")[0]
        small = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8").splitlines()
        trains = any(line.startswith(package) for line in small)
        names, target = ("requirements.txt", "make train") if trains else ("requirements-all.txt", "make test")
        _complain(
            program,
            f"the package {package} is missing from {sys.executable}; install what this command needs with "
            f"`python -m pip install -r {names}`, or run `{target}`, which does so in .venv",
        )
    except MemoryError as error:
        _complain(program, f"not enough memory{': ' if str(error) else ''}{error}")
    except OSError as error:
        _complain(program, f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error)
    except (ValueError, FloatingPointError, ImportError) as error:
        _complain(program, error)
    return 2


def need(*packages):
    """Raise ModuleNotFoundError for a package that is not installed: better before the work than after it."""
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


# ---- Ctrl-C --------------------------------------------------------------------------------------


def interruptible():
    """A block in which Ctrl-C raises KeyboardInterrupt, because there is something to clean up or to keep."""
    return _ctrl_c_goes_to(signal.default_int_handler)


@contextmanager
def finishing(sentence):
    """A block that the first Ctrl-C does not cut short: it prints `sentence`. The second raises KeyboardInterrupt.

    Yields a list that is empty until the first.
    """
    pressed = []

    def first(number, _):
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _say(sentence)

    with _ctrl_c_goes_to(first):
        yield pressed


@contextmanager
def _ctrl_c_goes_to(handler):
    if _ctrl_c_is_ignored():
        yield
        return
    previous = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _ctrl_c_is_ignored():
    """As it is in a background job of a shell script, which the terminal's Ctrl-C is not meant for."""
    return signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def _leave(program):
    # An exception would have to get out of whatever is being imported, and C code there may turn it into another.
    _say(f"{program}: interrupted")
    os._exit(130)


def _say(sentence):
    """Write to stderr from a signal handler, which may have interrupted a print to the same stream."""
    with suppress(OSError):
        os.write(2, ("\n" * os.isatty(2) + sentence + "\n").encode())  # a terminal has just shown ^C


# ---- Output --------------------------------------------------------------------------------------


class _Output(io.RawIOBase):
    """Passes bytes on to `stream`, unbuffered. A failure to write is kept in `failure`, and the rest is dropped."""

    def __init__(self, stream):
        self.stream = stream  # which would close what is below it if nothing held it
        self.raw = getattr(stream.buffer, "raw", stream.buffer)  # python -u has no buffer between
        self.failure = None

    def write(self, data):
        if self.failure is None:
            try:
                return self.raw.write(data)
            except OSError as error:
                self.failure = error
        return len(data)

    def writable(self):
        return True

    def fileno(self):
        return self.raw.fileno()

    def isatty(self):
        return self.raw.isatty()


def _replace_stream(name):
    """Make sys.`name` a stream that can always be written to, line by line, whatever its state and code page."""
    codecs.register_error("readable", _readable)
    stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # None if it was closed (>&-)
    output = _Output(stream)
    buffered = io.BufferedWriter(output)
    setattr(sys, name, io.TextIOWrapper(buffered, stream.encoding, errors="readable", line_buffering=True))
    return output


def _readable(error):
    """What to print for what the code page lacks: yhat for ŷ, plain letters (... for …), or question marks."""
    missing = error.object[error.start : error.end]
    plain = [unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?" for c in missing]
    return "".join("yhat" if c == "ŷ" else p for c, p in zip(missing, plain, strict=True)), error.end


def _reader_left(error):
    """Whether nobody reads the pipe any more, as after `| head -1`; Windows reports that as EINVAL."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def _complain(program, problem):
    print(f"{program}: error: {' '.join(str(problem).split())}", file=sys.stderr)
