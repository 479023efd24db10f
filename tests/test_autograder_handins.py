"""The grader against what students hand in: names, notebooks, zips, lines that are no Python, and what came beside."""

import io
import json
import os
import pickle
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from autograder import NotASubmission, Sandbox, files, grade, read_rubric
from autograder.cell.wire import decode, encode
from autograder.parameters import NAMES
from autograder.submission import take_in
from tests.autograder_bank import good_pdf, good_pickle

NETWORK = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def inference_layer(X, W, b): return sigmoid(W @ X + np.reshape(b, (-1, 1)))
def inference_2layers(X, W1, W2, b1, b2): return inference_layer(inference_layer(X, W1, b1), W2, b2)
def bce_forward(yhat, y): return -np.mean(y * np.log(yhat) + (1 - y) * np.log(1 - yhat))
"""
LOADED = {"names": [], "signatures": {}, "skipped": [], "magics": [], "forbidden": [], "comments": 0}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as cell:
        yield cell


@pytest.fixture
def taken(tmp_path):
    """Takes in a folder of files {name: bytes or text}, or the one file `path` of it."""

    def take(content, path="."):
        for name, held in content.items():
            file = tmp_path / "s" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(held if isinstance(held, bytes) else held.encode())
        (tmp_path / "copy").mkdir()
        return take_in(tmp_path / "s" / path, tmp_path / "copy")

    return take


def zipped(**content):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return held.getvalue()


def notebook(*cells):
    """Code cells, after one of text."""
    return json.dumps(
        {
            "cells": [{"cell_type": "markdown", "source": ["x = 7\n"]}]
            + [{"cell_type": "code", "source": cell, "outputs": []} for cell in cells],
            "nbformat": 4,
        }
    )


def asking(function, *args, **more):
    return {"function": function, "args": [encode(arg) for arg in args], **more}


def call(sandbox, folder, source, calls, **task):
    (folder / "assignment2.py").write_bytes(source if isinstance(source, bytes) else source.encode())
    task = {"task": "call", "file": "assignment2.py", "stand_ins": [], "calls": calls, **task}
    return sandbox.run(folder, ["assignment2.py"], task, 10)


def values(run):
    return [decode(run.answers[i]["value"]) for i in sorted(run.answers)]


# ---- Names ---------------------------------------------------------------------------------------

THREE = ("assignment2.py", "assignment2.pkl", "assignment2.pdf")


@pytest.mark.parametrize(
    "names, path",  # of the three files, then of others
    [
        (["Assignment 2.py", "assignment2.pickle", "Assignment2.PDF"], "."),
        (["assignment2 (1).py", "model_params.npz", "assignment2-final.pdf", "words.pkl"], "."),
        (["hw2.py", "parameters.npz", "Report.pdf", "twitter_data.pkl", "utils.py"], "."),
        (["code/assignment2.py", "code/params.pkl", "report/assignment2.pdf"], "."),
        (["b/hw.py", "b/params.pkl", "b/hw.pdf", "a/params.pkl", "a/hw.pdf"], "."),
        (["assignment2.py", "old/assignment2.pkl", "a.pdf", "old/assignment2.py", "other.pkl"], "."),
        (["doejane_1_23_assignment2-1.py", "doejane_1_24_assignment2.pkl", "doejane_1_25_assignment2.pdf"], "."),
        (
            ["doe_1_23_assignment2.py", "doe_1_24_assignment2.pkl", "doe_1_25_hw.pdf", "roe_2_3_a.pdf"],
            "doe_1_23_assignment2.py",
        ),
        (["Assignment2.py", "Assignment2.pkl", "assignment2 (2).pdf", "thesis.pdf", "other.py"], "Assignment2.py"),
    ],
)
def test_the_three_files_are_found_under_other_names(taken, names, path):
    submission = taken({name: name for name in names}, path)
    assert set(submission.files) >= set(THREE) and submission.code == "assignment2.py"
    assert [(submission.folder / name).read_text() for name in THREE] == names[:3]
    if path == ".":
        renamed = [origin for name, origin in zip(THREE, names, strict=False) if origin.rpartition("/")[2] != name]
        assert all(any(origin in note for note in submission.notes) for origin in renamed)
    assert "thesis.pdf" not in submission.files and "roe_2_3_a.pdf" not in submission.files


def test_an_exact_name_is_taken_without_a_word(taken):
    submission = taken({name: name for name in (*THREE, "assignment2 (1).py", "Assignment2.PDF", "model_params.npz")})
    assert submission.notes == [] and all((submission.folder / name).read_text() == name for name in THREE)


def test_what_may_be_meant_is_not_guessed(taken):
    submission = taken({"one.py": "", "two.py": "", "a.pdf": "", "b.pdf": "", "twitter_data.pkl": ""})
    assert submission.code is None and not set(THREE) & set(submission.files)
    assert ["one.py or two.py" in note or "a.pdf or b.pdf" in note for note in submission.notes] == [True, True]


def test_a_canvas_submission_keeps_its_own_utils(taken):
    submission = taken(
        {"doe_1_2_assignment2.py": "", "doe_1_3_utils-1.py": "theirs", "roe_2_4_utils.py": ""}, "doe_1_2_assignment2.py"
    )
    assert (submission.folder / "utils.py").read_text() == "theirs"


def test_a_zip_in_a_zip_is_opened_twice_and_not_more(taken):
    inner = zipped(**{"deep.zip": zipped(a="1"), "assignment2.py": "x = 1", "assignment2.pdf": ""})
    submission = taken({"all.zip": zipped(**{"hw/mine.ZIP": zipped(**{"in.zip": inner})})}, "all.zip")
    assert set(submission.files) == {"assignment2.py", "assignment2.pdf"}
    assert len(submission.notes) == 1 and "deep.zip" in submission.notes[0]


def test_what_a_zip_hides_is_bounded(taken, monkeypatch):
    monkeypatch.setattr("autograder.submission.FILE_BYTES", 2 << 20)
    monkeypatch.setattr("autograder.submission.READ_BYTES", 5 << 20)
    bomb = zipped(**{f"f{k}.bin": bytes(3 << 20) for k in range(9)})
    bzip = io.BytesIO()
    with zipfile.ZipFile(bzip, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.py", "")
    submission = taken({"a.zip": zipped(**{"assignment2.py": "x", "b.zip": bzip.getvalue(), "c.zip": bomb})}, "a.zip")
    assert submission.files == ["assignment2.py"]
    assert sum("too large" in note for note in submission.notes) == 4  # three are read to their limit, then no more
    assert sum("unusual way" in note for note in submission.notes) == 1


@pytest.mark.parametrize("damage", ["deflated data", "name"])
def test_a_damaged_zip_costs_what_is_damaged(taken, damage):
    held = zipped(**{"assignment2.py": "x = 1\n", "other.txt": "abcdefgh" * 100})
    where = held.index(b"other.txt") + (len("other.txt") + 3 if damage == "deflated data" else 0)
    submission = taken({"a.zip": held[:where] + b"\xff\xff" + held[where + 2 :]}, "a.zip")
    assert submission.files == ["assignment2.py"] and "other.txt was left out" in submission.notes[0]


def test_names_are_printable_and_no_folder_is_named_like_a_file(taken, tmp_path):
    (tmp_path / "s").mkdir()
    os.mkfifo(os.fsencode(tmp_path / "s") + b"/\xff\x1b.txt")
    submission = taken({"assignment2.py": "", "utils.py/x.txt": ""})
    assert submission.files == ["assignment2.py"] and len(submission.notes) == 2
    assert all(note.isprintable() for note in submission.notes)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_what_cannot_be_taken_in_says_so(taken, name):
    with pytest.raises(NotASubmission, match=name):
        taken({name: "no archive"}, name)


def test_a_pdf_may_be_larger_than_other_files(taken, tmp_path):
    (tmp_path / "s").mkdir()
    for name, megabytes in (("assignment2.pdf", 99), ("assignment2.pkl", 21), ("other.pdf", 101)):
        with open(tmp_path / "s" / name, "wb") as file:
            file.truncate(megabytes << 20)
    submission = taken({"assignment2.py": ""})
    assert set(submission.files) == {"assignment2.py", "assignment2.pdf"}
    assert sorted(note.partition(" was")[0] for note in submission.notes) == ["assignment2.pkl", "other.pdf"]
    assert (submission.folder / "assignment2.pdf").stat().st_size == 99 << 20


# ---- Source --------------------------------------------------------------------------------------


def test_a_notebook_is_read_and_its_lines_count_through_the_cells(taken, sandbox):
    cells = ["!pip install x\n", "\n", "def one(): return 1"], "def fails():\n    return 1 / 0"
    submission = taken({"hw.ipynb": notebook(*cells)})
    calls = [asking("one"), asking("fails")]
    task = {"task": "call", "file": submission.code, "stand_ins": [], "calls": calls}
    run = sandbox.run(submission.folder, submission.files, task, 10)
    assert decode(run.answers[0]["value"]) == 1
    lines = (submission.folder / "assignment2.py").read_text().split("\n")
    frame = run.answers[1]["error"]["frames"][-1]
    assert lines[frame["line"] - 1].strip() == frame["text"] == "return 1 / 0"
    assert (
        run.loaded["magics"] == [{"line": 1, "text": "!pip install x"}] and "through these cells" in submission.notes[0]
    )


TOO_MUCH = '{"cells": [], "x": [' + "0," * 1_000_000 + "0]}"


@pytest.mark.parametrize("broken", ["", "[" * 100_000, '{"cells": 5}', '{"cells": [{"cell_type": "code"}]}', TOO_MUCH])
def test_what_is_no_notebook_is_told(taken, broken):
    submission = taken({"hw.ipynb": broken})
    assert submission.code is None and "cannot be read as a notebook" in submission.notes[0]


def test_lines_for_a_notebook_are_left_out_and_named(sandbox, tmp_path):
    source = (
        "%matplotlib inline\n%%time\nx = 7\n"
        "def f():\n    !ls\n    return (x\n        % 4\n        != 4)\n"
        "def g():\n    !pip install a \\\n        b\n    return 1 / 0\n"
    )
    run = call(sandbox, tmp_path, source, [asking("f"), asking("g")])
    assert decode(run.answers[0]["value"]) == 1 and run.answers[1]["error"]["frames"][0]["line"] == 12
    assert [magic["line"] for magic in run.loaded["magics"]] == [1, 2, 5, 10] and run.loaded["skipped"] == []
    notes = files.notes_on(run.loaded, "assignment2.py")
    assert len(notes) == 4 and notes[0].startswith("Line 1 of assignment2.py") and "%matplotlib inline" in notes[0]


def test_a_file_that_parses_keeps_its_lines_that_begin_with_a_sign(sandbox, tmp_path):
    run = call(sandbox, tmp_path, 'a = 7\nb = (a\n% 4)\nt = """\n!x\n"""\ndef f(): return b, t\n', [asking("f")])
    assert values(run) == [(3, "\n!x\n")] and run.loaded["magics"] == []


@pytest.mark.parametrize(
    "bad, line",
    [
        ("x = = 1", 2),
        ("def inference_2layers(X, W1, W2, b1, b2)\n    return 1", 2),
        ('print "done"', 2),
        ("x = (1 + 2", 2),
        ("def broken():\n    x = [1, 2\n    return x\n", 3),
        ("if True:\nx = 1", 2),
        ("return 5", 2),
        ("x = 1\0", 2),
        ("(" * 1000, 2),
        ("-" * 50_000 + "1", 2),
    ],
)
def test_a_statement_that_does_not_parse_costs_itself(sandbox, tmp_path, bad, line):
    source = f"a = np = 1\n{bad}\n@staticmethod\ndef one():\n    '''\nfrom here\n'''\n    return a\n\nb = [\n2,\n3]\n"
    source += "try:\n    c\nexcept NameError:\n    c = 4\nelse:\n    c = 5\ndef two(): return b, c\n"
    run = call(sandbox, tmp_path, source, [asking("one"), asking("two")])
    assert values(run) == [1, ((2, 3), 4)]
    (skipped,) = run.loaded["skipped"]
    assert (skipped["line"], skipped["type"]) == (line, "SyntaxError")
    (note,) = files.notes_on(run.loaded, "assignment2.py")
    assert f"around line {line} of assignment2.py" in note


def test_a_file_in_another_encoding_is_read(sandbox, tmp_path):
    run = call(sandbox, tmp_path, "x = 'caf\xe9'\ndef one(): return len(x)\n".encode("latin-1"), [asking("one")])
    assert values(run) == [4]


def test_what_the_file_imports_comments_and_defines_is_told(sandbox, tmp_path):
    source = '''"""Docstring."""
import numpy as np, matplotlib.pyplot as plt
import torch.nn as nn  # a comment
from scipy import optimize, special
def sigmoid(x: float, *more, key=1, **rest):
    """Docstring."""
    from sklearn.linear_model import LogisticRegression
    # a comment
    return "#" + x
class gradients:
    def __init__(self, X, y): pass
train_nn = np.exp
update_params = 5
'''
    loaded = call(sandbox, tmp_path, source, []).loaded
    assert loaded["forbidden"] == ["scipy.optimize", "sklearn", "torch"] and loaded["comments"] == 4
    assert loaded["signatures"]["sigmoid"] == ["x", "*more", "key", "**rest"]
    assert loaded["signatures"]["gradients"] == ["X", "y"] and "update_params" not in loaded["signatures"]
    assert any("torch" in note and "numpy alone" in note for note in files.notes_on(loaded, "assignment2.py"))


@pytest.mark.parametrize(
    "forged",
    [
        {key: junk}
        for key in LOADED
        for junk in (5, None, [5], [[1]], [[[], {}]], [{"line": {}, "type": 7}], ["\x1b"] * 999, {"a": 1})
    ],
)
def test_a_forged_message_on_loading_is_no_more_than_text(forged):
    notes = files.notes_on({**LOADED, **forged}, "assignment2.py")
    assert len(notes) <= 20 and all(isinstance(note, str) and len(note) < 10_000 for note in notes)


def test_an_endless_statement_is_left_out(sandbox, tmp_path):
    run = call(sandbox, tmp_path, "while True: pass\nx = input()\ndef one(): return 1\n", [asking("one")])
    assert values(run) == [1] and [skipped["type"] for skipped in run.loaded["skipped"]] == ["TooLong", "EOFError"]


# ---- Calls ---------------------------------------------------------------------------------------


def test_numpy_s_numbers_are_numbers(sandbox, tmp_path):
    source = """
import numpy as np
def long(): return np.longdouble(1.5), np.array([1, 2.5], np.longdouble)
def small(): return np.float16(0.5), np.int8(-3), np.bool_(True), np.uint64(2**64 - 1), np.array([2**64 - 1], np.uint64)
"""
    run = call(sandbox, tmp_path, source, [asking("long"), asking("small")])
    (one, two), small = values(run)
    assert one == 1.5 and two.tolist() == [1, 2.5]
    assert small[:4] == (0.5, -3, 1, 2**64 - 1) and small[4].tolist() == [2**64 - 1]


@pytest.mark.parametrize(
    "body",
    [
        "return 10**5000",
        "a = []; a.append(a); return a",
        "return type('F', (float,), {'__float__': lambda self: 1 / 0})(2)",
        "raise type('E', (Exception,), {'__str__': lambda self: exit()})",
        "import sys; sys.exit()",
    ],
)
def test_an_answer_that_cannot_be_sent_is_an_error_of_that_call(sandbox, tmp_path, body):
    run = call(sandbox, tmp_path, f"def f(): {body}\ndef one(): return 1\n", [asking("f"), asking("one")])
    assert run.failed is None and "error" in run.answers[0] and decode(run.answers[1]["value"]) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"float": 10**400},
        {"float": 1},
        {"float": True},
        {"array": [1.0], "shape": [1], "dtype": "f8"},
        {"array": "00" * 16, "shape": [1], "dtype": "f16"},
        {"array": "00" * 8, "shape": [True], "dtype": "f8"},
    ],
)
def test_a_number_that_encode_does_not_write_is_refused(forged):
    with pytest.raises(ValueError, match="not an encoded value"):
        decode(forged)


def test_what_is_drawn_follows_from_the_seed(sandbox, tmp_path):
    source = """
import random
import numpy as np
atload = np.random.default_rng().random()
def draw():
    fresh = np.random.default_rng(), np.random.RandomState(), np.random.Generator(np.random.MT19937())
    np.random.rand()
    return (np.random.rand(), random.random(), *(g.random() for g in fresh), np.random.default_rng().random())
def unseeded():
    np.random.seed()
    return np.random.rand()
def loaded(): return atload
"""
    names = ("draw", "draw", "unseeded", "loaded")
    first, again, other = (
        values(call(sandbox, tmp_path, source, [asking(name) for name in names], seed=seed)) for seed in (5, 5, 6)
    )
    assert first == again
    assert all(a != b for a, b in zip(first[0], first[1], strict=True)) and len(set(first[0])) == 6
    assert all(a != b for a, b in zip(first[2:], other[2:], strict=True))
    later = call(sandbox, tmp_path, source, [asking("draw", seed=6), asking("draw", seed=6)], seed=99)
    assert values(later) == [first[1], first[1]]  # call 1 from seed 5 + 1


@pytest.mark.parametrize(
    "body, count",
    [
        ("bce_forward(inference_2layers(X, W1, W2, b1, b2), y); [sigmoid(v) for v in np.arange(50.)]", 2),
        ("[bce_forward(inference_2layers(X, W1, W2, b1, b2), y) for _ in range(17)]", 34),
        ("pass", 0),
    ],
)
def test_forward_calls_are_counted_in_gradients_alone(sandbox, tmp_path, body, count):
    """Two calls of inference_layer, and of sigmoid with an array, for each forward pass."""
    source = f"{NETWORK}\ndef gradients(X, y, W1, W2, b1, b2):\n    {body}\n    return 1\n"
    X, y, W1, W2, b1, b2 = np.ones((2, 1)), np.ones(1), np.ones((3, 2)), np.ones((1, 3)), np.ones(3), np.ones(1)
    source += "def watched():\n    import sys\n    return sys.getprofile() is not None\n"
    calls = [asking("gradients", X, y, W1, W2, b1, b2), asking("sigmoid", X), asking("gradients", X), asking("watched")]
    run = call(sandbox, tmp_path, source, calls)
    assert run.answers[0]["forward"] == count and "forward" not in run.answers[1]
    assert run.answers[2]["error"]["type"] == "TypeError" and decode(run.answers[3]["value"]) == 0


# ---- The other files -----------------------------------------------------------------------------


def checks(*prefixes):
    return [check for check in read_rubric().checks.values() if check.name.startswith(prefixes)]


def parameters(**changed):
    return {**pickle.loads(good_pickle()), **changed}


def judged_pickle(sandbox, folder, content, asked=("pkl",)):
    """{check: outcome} of assignment2.pkl with the bytes `content`."""
    (folder / "assignment2.pkl").write_bytes(content)
    task = {"task": "pickle", "file": "assignment2.pkl", "keys": NAMES}
    run = sandbox.run(folder, ["assignment2.pkl"], task, 10)
    return {outcome.check.name: outcome for outcome in files.judge_pickle(checks(*asked), run, True)}


def archive(**arrays):
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


def test_parameters_are_right_in_every_form(sandbox, tmp_path):
    long = {name: np.asarray(value, np.longdouble) for name, value in parameters().items()}
    lists = {name: np.asarray(value).tolist() for name, value in parameters().items()}
    forms = [good_pickle(), pickle.dumps(long), pickle.dumps(lists), archive(**parameters(), Ls=np.zeros(9))]
    forms += [pickle.dumps(parameters(b2=np.longdouble(-6), b1=np.zeros((3, 1)))), archive(**long)]
    for content in forms:
        outcomes = judged_pickle(sandbox, tmp_path, content)
        assert len(outcomes) == 4 and all(outcome.passed for outcome in outcomes.values()), outcomes


class Attack:
    def __reduce__(self):
        return os.getcwd, ()


W1 = parameters()["W1"]


@pytest.mark.parametrize(
    "content, kept, identity",
    [
        (b"no pickle", 0, "pkl.unreadable"),
        (pickle.dumps(Attack()), 0, "pkl.unreadable"),
        (pickle.dumps((W1, 1, 2, 3)), 0, "pkl.type"),
        (pickle.dumps({"train_x": [], "freqs": {}}), 0, "pkl.data"),
        (pickle.dumps({"w1": W1}), 0, "pkl.keys"),
        (archive(W1=W1, a=W1), 0, "pkl.keys"),
        (archive(**parameters(b1=np.array([None]))), 0, "pkl.unreadable"),  # an object, for which numpy needs pickle
        (pickle.dumps(parameters(W1=W1[:, :2])), 1, "shape"),
        (pickle.dumps(parameters(b1="text")), 1, "type"),
        (pickle.dumps(parameters(W1=[[10**400, 1, 1]])), 1, "type"),
        (pickle.dumps(parameters(b1=np.full(3, np.nan))), 1, "nan"),
        (pickle.dumps(parameters(W1=-W1)), 2, "train.reversed"),
        (pickle.dumps(parameters(W1=1000 * W1, b1=np.array([0.0, 0, 0]), W2=-parameters()["W2"] / 9)), 2, None),
        (pickle.dumps(parameters(W1=0 * W1, W2=0 * parameters()["W2"])), 2, "pkl.accuracy"),
    ],
)
def test_wrong_parameters_are_told_apart(sandbox, tmp_path, content, kept, identity):
    outcomes = judged_pickle(sandbox, tmp_path, content)
    assert sum(outcome.passed for outcome in outcomes.values()) == kept
    lost = [outcome for outcome in outcomes.values() if not outcome.passed]
    assert identity in (None, lost[0].mistake) and lost[0].hint
    assert all(condition is None or condition() for outcome in lost for _, condition in outcome.claims)


def test_parameters_for_scaled_features_are_told_so(sandbox, tmp_path):
    # On counts in thousands the units are in their linear range; on raw counts both are 1 for nearly every tweet.
    given = {"W1": np.array([[0, 0.3, 0], [0, 0, 0.3]]), "b1": np.zeros(2), "W2": np.array([[20, -20]]), "b2": -0.01}
    outcomes = judged_pickle(sandbox, tmp_path, pickle.dumps(given))
    assert outcomes["pkl.accuracy"].mistake == "train.scaled"


def test_a_rubric_without_some_rows_works(sandbox, tmp_path):
    for name in ("pkl.opens", "pkl.shapes", "pkl.loss"):
        for content in (good_pickle(), b"no pickle", pickle.dumps(parameters(W1=W1[:, :2]))):
            assert set(judged_pickle(sandbox, tmp_path, content, (name,))) == {name}
    assert files.judge_pickle([], None, False) == files.judge_pdf([], None, False) == []


def pdf(content, thing=None):
    """A page with a content stream, and perhaps one XObject: (the entries of its dictionary, its stream)."""
    head, stream = thing or (b"/Subtype /None", b"")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << %s >> >>"
        % (b"/XObject << /X 5 0 R /Y 5 0 R >>" if thing else b""),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /XObject %s /Length %d >>\nstream\n%s\nendstream" % (head, len(stream), stream),
    ]
    held, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(held))
        held += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % start for start in starts)
    return held + table + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(held)


CURVE = b"0 0 m\n" + b"".join(b"%d %d l\n" % (k, k * k) for k in range(1, 40)) + b"S\n"
BAR = b"0 0 m 5 0 l S\n"  # of a fraction
FORM, PICTURE = b"/Subtype /Form /BBox [0 0 9 9]", b"/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8"


@pytest.mark.parametrize(
    "held, figures",
    [
        (pdf(2 * CURVE), 1),
        (pdf(b"0 0 m " + 9 * b"1 2 3 4 5 6 c " + b"S"), 1),
        (pdf(30 * b"1 2 3 4 re f\n"), 0),
        (pdf(30 * BAR), 0),
        (pdf(60 * BAR), 1),
        (pdf(b"BT (" + 50 * b"a l b m c l " + b"\\) l) Tj ET"), 0),
        (pdf(b"/X Do", (FORM, CURVE)), 1),
        (pdf(b"/X Do", (FORM, BAR)), 0),
        (pdf(CURVE + b"/X Do", (PICTURE, b"?")), 2),
        (pdf(b"q BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q"), 1),
        (good_pdf(strokes=0), 0),
    ],
)
def test_figures_of_a_pdf_are_counted(sandbox, tmp_path, held, figures):
    (tmp_path / "assignment2.pdf").write_bytes(held)
    task = {"task": "pdf", "file": "assignment2.pdf", "seconds": 20}
    run = sandbox.run(tmp_path, ["assignment2.pdf"], task, 20)
    assert run.answers[0]["described"]["pages"] == 1 and run.answers[0]["described"]["figures"] == figures


def described(**held):
    return SimpleNamespace(answers={0: {"described": held}}, failed=None, late=False)


@pytest.mark.parametrize(
    "held, passes",
    [
        ({"pages": 3, "characters": 900, "figures": 0}, {"pdf.derivations", "pdf.examples"}),
        ({"pages": 3, "characters": 0, "figures": 1}, {"pdf.derivations", "pdf.examples", "pdf.curves"}),
        ({"pages": 3, "characters": 5, "figures": 0}, set()),
        ({"pages": 0, "characters": 900, "figures": 9}, set()),
        ({"pages": "3", "characters": 900, "figures": 9}, set()),
    ],
)
def test_a_person_decides_on_what_the_pdf_holds(held, passes):
    outcomes = files.judge_pdf(checks("pdf"), described(**held), True)
    assert {outcome.check.name for outcome in outcomes if outcome.passed} == passes
    assert all(outcome.earned == 0 and outcome.check.person for outcome in outcomes)
    assert all("A person decides" in outcome.note for outcome in outcomes if outcome.passed)


@pytest.mark.parametrize(
    "loaded, passes", [({"comments": 2}, True), ({"comments": 0}, False), ({"comments": "9"}, False), (None, False)]
)
def test_a_person_decides_on_comments(loaded, passes):
    (outcome,) = files.judge_comments(checks("code"), loaded)
    assert outcome.passed is passes and outcome.earned == 0


# ---- Whole submissions ---------------------------------------------------------------------------

TEMPLATE = '''
import numpy as np
def sigmoid(x):
    """Q1.1"""
    {0}
def inference_layer(X, W, b):
    """Q1.2"""
    {1}
def inference_2layers(X, W1, W2, b1, b2)
    """Q1.3"""
    {2}
def bce_forward(yhat, y):
    """Q1.4"""
    {3}
def gradients(X, y, W1, W2, b1, b2):
    """Q3"""
    {0}
    return dW1, dW2, db1, db2, L
def update_params(batchx, batchy, W1, B1, W2, b2, lr=0.01):
    """Q4"""
    {1}
def train_nn(filename, hidden_layer_size, iters=1e6, lr=0.01):
    """Q5"""
    {2}
'''


@pytest.mark.parametrize("shift", range(2))
def test_an_untouched_template_earns_nothing(sandbox, tmp_path, shift):
    bodies = ["pass", "...", "return None", "raise NotImplementedError", "", "pass"]
    (tmp_path / "assignment2.py").write_text(TEMPLATE.format(*bodies[2 * shift :]))
    report = grade(tmp_path, seed=1, sandbox=sandbox)
    assert (report.score, report.broken) == (0, None)
    assert any("line 9" in note for note in report.notes)


def test_a_notebook_with_parameters_and_pdf_under_other_names_keeps_its_points(sandbox, tmp_path):
    cells = "!pip install numpy\n%matplotlib inline", NETWORK, "x = = 1", "input('ready?')"
    (tmp_path / "Assignment 2.ipynb").write_text(notebook(*cells))
    (tmp_path / "model_params.npz").write_bytes(archive(**parameters()))
    (tmp_path / "Assignment2.PDF").write_bytes(good_pdf())
    report = grade(tmp_path, seed=1, sandbox=sandbox, only=("Q1.1", "Q2", "Q5.2", "Q5.3"))
    assert report.score == 5 + 10 and report.broken is None
    said = "\n".join(report.notes)
    for phrase in ("Assignment 2.ipynb", "model_params.npz", "Assignment2.PDF", "!pip", "SyntaxError", "EOFError"):
        assert phrase in said, phrase
