"""The grader against its banks of mutants and right submissions: tests/autograder_bank/README.md says what an entry is.

No right submission is accused, no mutant loses points where it is right, every claim that a hint makes is true, and at
least nine mutants in ten are named, whichever way the biases are held. Seeds are made from the entries' names.
"""

import shutil
import zipfile
import zlib
from dataclasses import replace

import pytest

from autograder import Sandbox, grade, inputs
from tests.autograder_bank import good_pdf, good_pickle, losing
from tests.autograder_bank.mutants import FILES, MUTANTS, UNNAMED
from tests.autograder_bank.right import BIASED, RIGHT
from tests.autograder_bank.sources import SOURCES, STYLES, edited, in_style

# Trainings that are enough where training is not the point, and for those that are wrong or right in some way of their
# own: those begin with the usual first one, in which no mutant may pass. The last has as many tweets as the course's
# file, and steps for those who log every `iters // 10000` of them.
SMALL = (inputs.Training(tweets=200, tests=50, settings=((5, 300, 1.0), (5, 300, 0.1), (5, 1000, 0.01))),)
MEDIUM = (
    inputs.USUAL[0],
    inputs.Training(tweets=400, tests=100, settings=((5, 2000, 0.1), (6, 2000, 0.03))),
)
REAL = (inputs.USUAL[0], inputs.Training(settings=((6, 10_000, 0.05), (6, 10_000, 0.01), (8, 20_000, 0.03))))


def lay(folder, source, files=()):
    """Write a submission: source (text or bytes), the good files, and `files` in their place (None: missing)."""
    folder.mkdir(parents=True)
    content = {"assignment2.py": source, "assignment2.pkl": good_pickle(), "assignment2.pdf": good_pdf(), **dict(files)}
    for name, what in content.items():
        if what is not None:
            (folder / name).write_bytes(what if isinstance(what, bytes) else what.encode())
    return folder


@pytest.fixture(scope="session")
def sandbox():
    """One for all entries that a process grades: each is given a cell of its own in it."""
    with Sandbox() as sandbox:
        yield sandbox


def graded(entry, source, folder, sandbox, **options):
    """Grade an entry's source, and check what holds for every report: it stands, and what it says is true."""
    path = lay(folder / "submission", source, entry.files)
    report = grade(path, seed=zlib.crc32(entry.name.encode()), sandbox=sandbox, **options)
    assert report.broken is None
    told = set()
    for outcome in report.outcomes.values():
        for sentence, condition in outcome.claims:
            assert condition is None or condition(), sentence
            told.add(outcome.check.question)
        assert outcome.passed or outcome.check.question in told, f"{outcome.check.name} is lost without a word"
    return report


def failures(report):
    """What a report says is wrong, for the message of an assertion."""
    return [
        f"{outcome.check.name}: {outcome.mistake}: {outcome.hint}"
        for outcome in report.outcomes.values()
        if not outcome.passed
    ]


# ---- The clean submissions -----------------------------------------------------------------------


EDITIONS = {"handout": "january", "later": "later"}  # of the clean sources


@pytest.mark.parametrize("base", EDITIONS)
def test_a_textbook_submission_earns_everything_by_every_path(base, tmp_path, sandbox):
    folder = lay(tmp_path / "submission", SOURCES[base])
    for name, inside in (("flat.zip", ""), ("nested.zip", "Assignment 2/")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, inside + path.name)
    alone = tmp_path / "alone" / "my_assignment2.py"
    alone.parent.mkdir()
    shutil.copy(folder / "assignment2.py", alone)
    report = grade(folder, sandbox=sandbox, trained=SMALL)
    assert (report.score, report.pending, report.edition.name) == (75, 25, EDITIONS[base]), failures(report)
    for path in (folder / "assignment2.py", tmp_path / "flat.zip", tmp_path / "nested.zip"):
        report = grade(path, sandbox=sandbox, only=("Q1.1", "Q2", "Q5.2", "Q5.3"))
        assert (report.score, report.pending) == (15, 25), (path, failures(report))
    report = grade(alone, sandbox=sandbox, trained=SMALL)  # without its pickle and its PDF
    assert (losing(report), report.score) == ({"Q2", "Q5.2", "Q5.3"}, 65), failures(report)


# ---- The mutants ---------------------------------------------------------------------------------

FUNCTIONS = ("Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q3", "Q4")
# Training with stand-ins costs most, and it makes no difference which mistake they stand in for: one of each question.
TRAINED = {mutant.question: mutant.name for mutant in reversed(MUTANTS)}.values()
HELD = [mutant for mutant in MUTANTS if mutant.question in BIASED]  # those whose functions take biases
OTHER_STYLES = [
    pytest.param(mutant, style, id=f"{mutant.name}-{style}")
    for mutant in HELD
    for style in ("columns", "numbers")
    if (mutant.question, style) != ("Q1.2", "numbers")  # one layer has no b2: there it is the style of rows
]


def edition_of(mutant):
    """The edition of the clean source that the mutant is made from."""
    return EDITIONS["later" if mutant.name.startswith("later-") else "handout"]


def named(mutant, report):
    """Whether the hints of the question that holds the mistake name it."""
    lost = [o for o in report.outcomes.values() if not o.passed and o.check.question == mutant.question]
    told = " ".join(outcome.hint for outcome in lost)
    return mutant.mistake in {o.mistake for o in lost} and all(phrase in told for phrase in mutant.phrases)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_loses_points_where_its_mistake_is_and_nowhere_else(mutant, tmp_path, sandbox):
    source = in_style(mutant.source, "rows") if mutant in HELD else mutant.source
    if mutant in FILES:
        only = ("Q1.1", "Q2", "Q5.2", "Q5.3")
    else:
        only = (*FUNCTIONS, "Q5.1") if mutant.name in TRAINED or mutant.question == "Q5.1" else FUNCTIONS
    trained = MEDIUM if mutant.question == "Q5.1" else SMALL
    # Reading the axes takes a third of the time. Q3's and Q4's answers show them, and each question's first mutant; in
    # the other styles, which pin them, the same mutants are named.
    free = mutant.question in ("Q3", "Q4") or mutant.name in TRAINED
    edition = mutant.edition if free else edition_of(mutant)
    report = graded(mutant, source, tmp_path, sandbox, edition=edition, only=only, trained=trained)
    assert losing(report) == {mutant.question}, failures(report)
    assert named(mutant, report) != (mutant.name in UNNAMED["rows"]), failures(report)


@pytest.mark.parametrize(("mutant", "style"), OTHER_STYLES)
def test_how_the_biases_are_held_does_not_decide_how_good_a_hint_is(mutant, style, tmp_path, sandbox):
    source, only = in_style(mutant.source, style), (mutant.question,)
    report = graded(mutant, source, tmp_path, sandbox, edition=edition_of(mutant), only=only, trained=SMALL)
    assert losing(report) == {mutant.question}, failures(report)
    assert named(mutant, report) != (mutant.name in UNNAMED[style]), failures(report)


@pytest.mark.parametrize("number", range(5))
def test_a_mistake_in_each_question_is_told_in_each(number, tmp_path, sandbox):
    """Each question is judged with stand-ins for the five others that are wrong, and says nothing that is not so."""
    source, chosen = SOURCES["handout"], []
    for k, question in enumerate(FUNCTIONS):
        of_question = [m for m in MUTANTS if m.question == question and m.name.startswith("handout") and m.places]
        mutant = of_question[(number * (k + 1) + k) % len(of_question)]
        if all(source.count(old) == 1 for old, _ in mutant.places):  # unless an earlier mistake is in its place
            source = edited(source, *mutant.places)
            chosen.append(mutant)
    entry = replace(chosen[0], name=f"several mistakes {number}")
    report = graded(entry, source, tmp_path, sandbox, edition="january", only=FUNCTIONS)
    assert len(chosen) >= 4 and losing(report) == {mutant.question for mutant in chosen}, failures(report)
    assert sum(named(mutant, report) for mutant in chosen) >= len(chosen) - 1, failures(report)


LOOP = "        W1, b1, W2, b2 = update_params(X[:, batch], y[batch], W1, b1, W2, b2, lr)\n"
KEPT = """        if step % EVERY == 0:
            loss = bce_forward(inference_2layers(X, W1, W2, b1, b2), y)
            if loss < least:
                least, best = loss, (W1, b1, W2, b2)
    W1, b1, W2, b2 = best
"""
COMPLEMENT = "Q1.3", ("    return yhat.reshape(-1)\n", "    return 1 - yhat.reshape(-1)\n")
UPHILL = "Q3", ("(yhat - np.reshape(y, (1, N))) / N", "(np.reshape(y, (1, N)) - yhat) / N")


@pytest.mark.parametrize(
    ("mistake", "every", "example"),
    [
        pytest.param(COMPLEMENT, "50", "0", id="more tweets than a stand-in can be asked about"),
        pytest.param(COMPLEMENT, "(iters // 1000)", "0", id="and a log that takes a thousand steps"),
        pytest.param(UPHILL, "(iters // 1000)", "499", id="such a log, and the last of the test tweets"),
    ],
)
def test_a_trainer_that_keeps_the_best_loses_nothing_for_an_earlier_mistake(mistake, every, example, tmp_path, sandbox):
    question, places = mistake
    source = edited(
        SOURCES["handout"],
        places,
        ("    for _ in range(int(iters)):\n", "    least = np.inf\n    for step in range(int(iters)):\n"),
        (LOOP, LOOP + KEPT.replace("EVERY", every)),
        ("    W1 = W1 / scale.T\n", f"    W1 = W1 / scale.T\n    print(data['test_x'][{example}])\n"),
    )
    trained = (inputs.Training(tweets=2000, tests=500, settings=((5, 1000, 0.3),)),)
    path = lay(tmp_path / "submission", source)
    report = grade(path, seed=1, sandbox=sandbox, only=(question, "Q5.1"), trained=trained)
    assert losing(report) == {question}, failures(report)


def test_nine_mistakes_in_ten_are_named_in_each_bias_style():
    assert set(UNNAMED) == set(STYLES)
    for style, unnamed in UNNAMED.items():
        bank = MUTANTS if style == "rows" else HELD
        assert unnamed <= {mutant.name for mutant in bank} and len(unnamed) <= len(bank) / 10


def test_the_bank_covers_what_a_machine_judges_and_both_editions():
    assert len(MUTANTS) >= 100 and len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert {mutant.question for mutant in MUTANTS} == {*FUNCTIONS, "Q5.1", "Q5.2", "Q5.3"}
    assert {mutant.edition for mutant in MUTANTS} == {None, "january", "later"}


# ---- The right ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", RIGHT, ids=[entry.name for entry in RIGHT])
def test_a_right_submission_earns_everything(entry, tmp_path, sandbox):
    trained = REAL if entry.only == ("Q5.1",) else SMALL
    report = graded(entry, entry.source, tmp_path, sandbox, only=entry.only, trained=trained)
    lost = {outcome.check.name for outcome in report.outcomes.values() if not outcome.passed}
    assert lost == set(entry.loses), failures(report)
    assert any(entry.note in note for note in ["", *report.notes, *report.staff]), report.notes
