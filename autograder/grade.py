"""Grades one submission: draws, asks, judges, and asks again where an earlier mistake is to blame."""

import difflib
import pickle
import secrets
import shutil
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

import assignment2 as reference

from . import artefacts, inputs
from .cell.wire import encode
from .judge import Call, Outcome, advise, describe, expected_gradients, judge, recognise, text
from .rubric import DIALECTS, read_rubric
from .sandbox import GraderError, Sandbox
from .submission import take_in

UTILS = Path(__file__).resolve().parents[1] / "utils.py"
FUNCTIONS = tuple(inputs.ORDER)  # in the order of the questions: a later one may call an earlier one
ALIASES = {"inference_2layers": ("inference_2layers", "inference_2_layers")}
OTHER_NAMES = {"batchx": "X", "batchy": "y", "B1": "b1"}  # of update_params' arguments, where they are passed by name
ASKS, ASKED_ENTRIES = 20_000, 200_000  # of a stand-in, in one task
DIALECT_NAMES = {
    "handout": "January 2025 (dW1, dW2, db1, db2, L; gradients of the mean loss)",
    "later": "the later template (dW1, db1, dW2, db2, L; sums over the batch)",
}


@dataclass
class Report:
    """What became of a submission."""

    name: str
    seed: int
    rubric: object
    dialect: str = None  # judged by: see DIALECT_NAMES
    isolation: str = None  # the kind of cell that its code ran in: host.py
    outcomes: dict = field(default_factory=dict)  # check name -> Outcome, in the rubric's order
    notes: list = field(default_factory=list)  # for the student, without effect on the points
    printed: str = ""  # the beginning of what the student's code printed, for staff
    broken: str = None  # the grader's own failure
    seconds: float = 0.0

    @property
    def score(self):
        return sum(outcome.earned for outcome in self.outcomes.values())

    def points(self, question):
        """Points earned in a question, by its number."""
        return sum(outcome.earned for outcome in self.outcomes.values() if outcome.check.question == question)


def grade(path, seed=None, dialect=None, rubric=None, sandbox=None, patience=1.0, progress=False):
    """Grade the submission at `path` (a folder, a zip or an assignment2.py).

    seed: of all inputs; drawn where none is given, and in the report. dialect: "handout" or "later" to pin one.
    sandbox: a Sandbox to use again for many submissions. patience: a factor on all time limits. progress: a bar on a
    terminal where it takes over two seconds.
    Returns a Report with every check of the rubric. Raises NotASubmission where there is nothing to grade.
    A failure of the grader's own is in `report.broken`, with no points for the checks it hit.
    """
    start = time.monotonic()
    rubric = rubric or read_rubric()
    report = Report(Path(path).resolve().name, secrets.randbits(31) if seed is None else seed, rubric)
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        submission = take_in(path, folder)
        report.notes += submission.notes
        try:
            with nullcontext(sandbox) if sandbox else Sandbox() as cell:
                report.isolation = cell.isolation
                with tqdm(
                    total=len(FUNCTIONS) + 3,
                    desc="grading",
                    unit="question",
                    delay=2,
                    leave=False,
                    disable=None if progress else True,
                ) as bar:
                    Grading(report, submission, cell, dialect or rubric.dialect, patience, bar).go()
        except GraderError as error:
            report.broken = str(error)
    for check in rubric.checks.values():
        if check.name not in report.outcomes:
            report.outcomes[check.name] = Outcome(
                check, False, "Not graded: the grader failed here, not the submission.", "grader"
            )
    report.outcomes = {name: report.outcomes[name] for name in rubric.checks}
    report.seconds = time.monotonic() - start
    return report


class Grading:
    """The work on one submission."""

    def __init__(self, report, submission, sandbox, dialect, patience, bar):
        self.report, self.submission, self.sandbox = report, submission, sandbox
        self.rubric, self.patience, self.bar = report.rubric, patience, bar
        self.pinned = dialect
        self.cases = inputs.draw(report.seed)
        self.question = {question.function: question for question in self.rubric.questions.values()}
        self.skipped = []

    def go(self):
        self.files = [name for name in self.submission.files if name not in ("assignment2.pkl", "assignment2.pdf")]
        if self.submission.code:
            self.add_files()
            self.judge_functions()
            self.judge_training()
        else:
            for question in self.rubric.questions.values():
                if question.function in (*FUNCTIONS, "train_nn"):
                    self.fail(question.function, "missing", "There is no assignment2.py in the submission.")
            self.report.dialect = self.pinned or "handout"
        self.judge_files()
        for skipped in self.skipped:
            self.report.notes.append(skipped)

    def add_files(self):
        """Put beside the student's code what it may look for: utils.py, and the data files of train_nn."""
        folder = self.submission.folder
        if "utils.py" not in self.files:
            shutil.copy(UTILS, folder / "utils.py")
            self.files.append("utils.py")
        self.data, self.X, self.y = inputs.draw_tweets(self.report.seed)
        other, _, _ = inputs.draw_tweets(self.report.seed + 1)
        # Beside the file that train_nn is given lies one with the course's name and the labels swapped: code that opens
        # that by name learns the reverse.
        other["train_y"] = other["y"] = 1 - other["train_y"]
        exchanged = {key: 1 - value if key in ("train_y", "test_y", "y") else value for key, value in self.data.items()}
        for name, data in (("tweets.pkl", self.data), ("more_tweets.pkl", exchanged), ("twitter_data.pkl", other)):
            (folder / name).write_bytes(pickle.dumps(data))
            self.files = [*dict.fromkeys([*self.files, name])]

    # ---- The functions ---------------------------------------------------------------------------

    def judge_functions(self):
        """Q1, Q3 and Q4: each function in a child of its own; then again, with right stand-ins, what lost points."""
        runs = {function: self.ask(function) for function in FUNCTIONS}
        judged = {
            dialect: {function: self.outcomes(function, *runs[function], dialect) for function in FUNCTIONS}
            for dialect in ([self.pinned] if self.pinned else DIALECTS)
        }
        earned = {dialect: sum(map(points, judged[dialect].values())) for dialect in judged}
        self.report.dialect = self.pinned or recognise(runs["gradients"][1], runs["update_params"][1], earned)
        judged = judged[self.report.dialect]
        for k, function in enumerate(FUNCTIONS):
            wrong = [name for name in FUNCTIONS[:k] if lost(judged[name])]
            if wrong and lost(judged[function]) and runs[function][0].loaded:
                judged[function] = self.with_stand_ins(function, wrong, judged[function])
        for function, outcomes in judged.items():
            self.file(outcomes)
            advice = advise(function, runs[function][1], self.report.dialect)
            if advice and not lost(outcomes):
                self.report.notes.append(advice)
        self.wrong = [name for name in FUNCTIONS if lost(judged[name])]

    def with_stand_ins(self, function, wrong, before):
        """Judge again with right functions in place of the `wrong` ones, and keep what earns more."""
        outcomes = self.outcomes(function, *self.ask(function, wrong), self.report.dialect)
        if points(outcomes) <= points(before):
            return before
        return self.blame(outcomes, wrong)

    def blame(self, outcomes, wrong):
        named = ", ".join(f"{name} ({self.question[name].number})" for name in wrong)
        fix = " and ".join(filter(None, (", ".join(wrong[:-1]), wrong[-1])))
        for outcome in outcomes:
            outcome.note = (
                f"Graded with a correct {named} in place of yours. With yours this also fails, so fix {fix} first."
            )
        return outcomes

    def ask(self, function, stand_ins=()):
        """Call a function with all its cases, in every form: (Run, calls with their messages)."""
        calls = [Call(case, form, args) for case in self.cases[function] for form, args in inputs.forms(case).items()]
        run = self.run(
            function, [{"function": function, "args": [encode(arg) for arg in call.args]} for call in calls], stand_ins
        )
        for k, call in enumerate(calls):
            message = run.answers.get(k)
            call.message = message if isinstance(message, dict) else None
        self.bar.update(not stand_ins)
        return run, calls

    def run(self, function, calls, stand_ins=()):
        """Make calls in a child; returns a sandbox.Run."""
        names = [alias for name in stand_ins for alias in ALIASES.get(name, (name,))]
        task = {"task": "call", "file": self.submission.code, "calls": calls, "stand_ins": names}
        asker = StandIns(self.report.dialect, stand_ins) if stand_ins else None
        run = self.sandbox.run(
            self.submission.folder, self.files, task, self.question[function].seconds * self.patience, asker
        )
        self.report.printed = self.report.printed or run.output
        if not self.skipped and isinstance(run.loaded, dict):
            self.note_skipped(run.loaded.get("skipped"))
        return run

    def note_skipped(self, skipped):
        for line in skipped if isinstance(skipped, list) else ():
            if isinstance(line, dict):
                advice = (
                    "The grader has numpy and nltk alone."
                    if text(line, "type") == "ModuleNotFoundError"
                    else "Importing should do no work: put what trains or shows below `if __name__ == '__main__':`."
                )
                self.skipped.append(
                    f"Line {text(line, 'line')} of {self.submission.code} failed when imported and was left out: "
                    f"{text(line, 'type')}: {text(line, 'message')}. {advice}"
                )

    def outcomes(self, function, run, calls, dialect):
        """The outcomes of a function's checks, from the run of its calls."""
        checks = self.rubric.of(self.question[function].number)
        failure = self.failure(function, run)
        if failure and (failure[0] == "missing" or not run.answers):
            return failed(checks, *failure)
        outcomes = judge(checks, calls, dialect)
        if failure:
            for outcome in outcomes:
                if not outcome.passed and outcome.mistake == "unanswered":
                    outcome.mistake, outcome.hint = failure
        return outcomes

    def failure(self, function, run):
        """(id, sentence) where a task did not come to its end or the function is missing, or None."""
        seconds = self.question[function].seconds * self.patience
        if run.failed:
            return "not_loaded", f"{self.submission.code} could not be loaded. " + describe(run.failed)
        names = run.loaded.get("names") if isinstance(run.loaded, dict) else None
        if isinstance(names, list) and function not in names:
            like = difflib.get_close_matches(function, [name for name in names if isinstance(name, str)], 1)
            return "missing", (
                f"There is no function {function} in {self.submission.code}"
                + (f"; there is {like[0]}." if like else ".")
            )
        if run.late:
            return (
                "late",
                f"There was no answer within {seconds:g} s, and the process was ended: is there an endless loop?",
            )
        if run.status:
            how = f"by signal {-run.status}" if run.status < 0 else f"with exit status {run.status}"
            return "died", f"The process ended {how} before it answered: too much memory, or a call that ends Python?"
        if len(run.answers) == 0:
            return "died", "The process ended before it answered: does the code end Python?"
        return None

    # ---- Training and files ----------------------------------------------------------------------

    def judge_training(self):
        """Q5.1, with the submission's own functions, then with stand-ins where those were wrong."""
        outcomes = self.train(inputs.TRAININGS[:1] if self.wrong else inputs.TRAININGS)
        if lost(outcomes) and self.wrong:
            again = self.train(inputs.TRAININGS, self.wrong)
            outcomes = self.blame(again, self.wrong) if points(again) > points(outcomes) else outcomes
        self.file(outcomes)
        self.bar.update()

    def train(self, trainings, stand_ins=()):
        """The outcomes of the training that went best."""
        best = None
        for hidden, steps, lr in trainings:
            outcomes = self.train_once(hidden, steps, lr, stand_ins)
            if best is None or points(outcomes) > points(best):
                best, asked = outcomes, (hidden, steps, lr)
            if not any((outcome.mistake or "").startswith("train.") for outcome in outcomes):
                break  # it learned, or what is wrong has nothing to do with how it was asked
        if any(outcome.passed and outcome.check.name == "train.learns" for outcome in best):
            # "More positive than negative" can be written down without training. With the labels exchanged it is the
            # wrong answer, and a quarter of the steps is enough to get away from it.
            hidden, steps, lr = asked
            args = [encode(arg) for arg in ("more_tweets.pkl", hidden, steps // 4, lr)]
            run = self.run("train_nn", [{"function": "train_nn", "args": args}], stand_ins)
            best = artefacts.judge_exchanged(best, run.answers.get(0), self.X, 1 - self.y)
        return best

    def train_once(self, hidden, steps, lr, stand_ins):
        checks, first = self.rubric.of(self.question["train_nn"].number), None
        for iters in (float(steps), steps):
            args = ["tweets.pkl", hidden, iters, lr]
            run = self.run("train_nn", [{"function": "train_nn", "args": [encode(arg) for arg in args]}], stand_ins)
            message = run.answers.get(0)
            failure = self.failure("train_nn", run)
            if failure or not isinstance(message, dict):
                return failed(checks, *(failure or ("unanswered", "There was no answer.")))
            if "error" not in message:
                break
            first = first or message
        else:
            message = first  # both raised: what the first said is what the student should see
        return artefacts.judge_training(
            checks,
            message,
            isinstance(iters, int) and "error" not in message,
            self.report.dialect,
            hidden,
            self.X,
            self.y,
        )

    def judge_files(self):
        """Q5.2 and what a machine can see of the PDF."""
        number = {"pickle": "assignment2.pkl", "pdf": "assignment2.pdf"}
        for task, name in number.items():
            exists = name in self.submission.files
            questions = [question for question in self.rubric.questions.values() if question.function == name]
            run = None
            if exists:
                seconds = questions[0].seconds * self.patience
                run = self.sandbox.run(
                    self.submission.folder,
                    [name],
                    {"task": task, "file": name, "keys": artefacts.NAMES, "seconds": seconds},
                    seconds,
                )
            checks = [check for question in questions for check in self.rubric.of(question.number)]
            self.file((artefacts.judge_pickle if task == "pickle" else artefacts.judge_pdf)(checks, run, exists))
            self.bar.update()

    def fail(self, function, identity, text):
        self.file(failed(self.rubric.of(self.question[function].number), identity, text))

    def file(self, outcomes):
        self.report.outcomes.update({outcome.check.name: outcome for outcome in outcomes})


def failed(checks, identity, text):
    """All of a question's checks without points; the first says why."""
    return [Outcome(check, False, text if k == 0 else "See above.", identity) for k, check in enumerate(checks)]


def lost(outcomes):
    return any(not outcome.passed for outcome in outcomes)


def points(outcomes):
    return sum(outcome.earned for outcome in outcomes)


class StandIns:
    """Answers for the earlier functions that a submission has wrong. The child gets numbers, never the code."""

    def __init__(self, dialect, names):
        self.dialect, self.left = dialect, ASKS
        self.names = {alias: name for name in names for alias in ALIASES.get(name, (name,))}

    def __call__(self, name, args, kwargs):
        """The right answer, or None for arguments that it cannot be given for."""
        self.left -= 1
        try:
            name = self.names[name]  # and no other: a child may ask for anything
            given = dict(zip(inputs.ORDER[name], args, strict=False)) | {
                OTHER_NAMES.get(key, key): value for key, value in kwargs.items()
            }
            given = {key: np.asarray(value) for key, value in given.items()}
            if self.left < 0 or sum(np.size(value) for value in given.values()) > ASKED_ENTRIES:
                return None
            for weights in ("W", "W1"):
                if weights in given and np.shape(given[weights])[0] * np.size(given["X"]) > ASKED_ENTRIES:
                    return None
            with np.errstate(all="ignore"):
                return self.answer(name, given)
        except Exception:  # whatever student code may have sent
            return None

    def answer(self, name, given):
        if name not in ("gradients", "update_params"):
            return getattr(reference, name)(**given)
        right = expected_gradients(given, self.dialect)
        shaped = {key: np.reshape(right["d" + key], np.shape(given[key])) for key in ("W1", "W2", "b1", "b2")}
        if name == "gradients":
            order = {"handout": ("W1", "W2", "b1", "b2"), "later": ("W1", "b1", "W2", "b2")}[self.dialect]
            return (*(shaped[key] for key in order), float(right["L"]))
        moved = [given[key] - given.get("lr", 0.01) * shaped[key] for key in ("W1", "b1", "W2", "b2")]
        return (*moved, float(right["L"])) if self.dialect == "later" else tuple(moved)
