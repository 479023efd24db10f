"""Grades one submission: draws, asks, judges, and asks again where an earlier mistake is to blame."""

import difflib
import hashlib
import json
import secrets
import shutil
import tempfile
import time
import traceback
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

import assignment2 as reference

from . import files, inputs, training
from .answers import Call, Wrong, describe, failed
from .cell.wire import decode, encode
from .edition import EDITIONS, PARAMETERS, Edition, pins_of, possible
from .explain import advise, explain
from .judge import Expected, fits, judge
from .recognise import recognise
from .rubric import read_rubric
from .sandbox import GraderError, Sandbox
from .submission import take_in

UTILS = Path(__file__).resolve().parents[1] / "utils.py"
FUNCTIONS = tuple(inputs.ORDER)  # in the order of the questions: a later one may call an earlier one
TELLING = ("gradients", "update_params")  # those that an edition shows in
ALIASES = {"inference_2layers": ("inference_2layers", "inference_2_layers")}
OTHER_NAMES = {"batchx": "X", "batchy": "y", "B1": "b1"}  # of update_params' arguments, where they are passed by name
FIRST = 9  # what train_nn is asked with first has this part of its time, and besides
FEWER, TWEETS = 5, 400  # train_nn is asked for this part of the steps, on so many tweets, if it works with stand-ins
CODE = 200_000  # letters of it that are kept
ASKS, ASKED_ENTRIES = 50_000, 200_000  # of a stand-in, in one task
TOGETHER = 5  # seconds of processor time for all functions in one cell


@dataclass
class Report:
    """What became of a submission."""

    name: str
    seed: int
    rubric: object
    edition: Edition | None = None  # as each axis was read
    isolation: str | None = None  # the kind of cell that its code ran in: cell/host.py
    outcomes: dict = field(default_factory=dict)  # check name -> Outcome, in the rubric's order
    notes: list = field(default_factory=list)  # for the student, without effect on the points
    staff: list = field(default_factory=list)  # for staff alone
    printed: str = ""  # the beginning of what the student's code printed, for staff
    broken: str | None = None  # the grader's own failure
    seconds: float = 0.0
    code: str | None = None  # the text of assignment2.py, and a digest of the parameters: for the comparison of a class
    parameters: str | None = None

    @property
    def score(self):
        """The points given: a machine's, and those of persons as far as they have given them."""
        return sum(outcome.earned for outcome in self.outcomes.values())

    @property
    def most(self):
        """The most that these can be."""
        return sum(o.check.points for o in self.outcomes.values() if o.mark or not o.check.person)

    @property
    def pending(self):
        """The points that a person still gives, or not."""
        return sum(o.check.points for o in self.outcomes.values() if o.check.person and o.passed and not o.mark)

    def points(self, question):
        """Points earned in a question, by its number."""
        return sum(outcome.earned for outcome in self.outcomes.values() if outcome.check.question == question)


def grade(
    path,
    seed=None,
    edition=None,
    rubric=None,
    sandbox=None,
    patience=1.0,
    stage=lambda name: None,
    only=None,
    trained=inputs.USUAL,
    beside=(),
):
    """Grade the submission at `path` (a folder, a zip or an assignment2.py).

    seed: of all inputs, and of what student code draws; drawn where none is given, and in the report.
    edition: "january" or "later" pins one, instead of the rubric.  only: numbers of the questions to grade.
    sandbox: a Sandbox to use again for many submissions.  patience: a factor on all time limits.
    stage: called with the name of each part before it is graded.
    trained: what train_nn is asked with, an inputs.Training after another until nothing is lost; the last one counts.
    beside: (name, path) of each of the submission's files, where these do not say by themselves which they are.
    Returns a Report with every check of the rubric, or of the questions in `only`. Raises NotASubmission if there is
    nothing to grade, and GraderError if there is no cell for student code. A failure of the grader's own in one
    question is in `report.broken`, and the checks it hit have no points; the other questions are graded.
    """
    start = time.monotonic()
    rubric = rubric or read_rubric()
    if edition:
        rubric = replace(rubric, pins=pins_of(edition))
    report = Report(Path(path).resolve().name, secrets.randbits(31) if seed is None else seed, rubric)
    wanted = set(only or rubric.questions)
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        submission = take_in(path, folder, beside)
        report.notes += submission.notes
        if submission.code:
            with open(submission.folder / submission.code, encoding="utf-8", errors="replace") as file:
                report.code = file.read(CODE)
        with nullcontext(sandbox) if sandbox else Sandbox() as cell:
            report.isolation = cell.isolation
            if cell.exposed:
                report.staff.append(f"In the cell `{cell.isolation}` of this system {cell.exposed}.")
            student = Student(submission, cell, report, patience, trained)
            for number, judged in steps(student, wanted):
                stage(number)
                try:
                    report.outcomes |= {outcome.check.name: outcome for outcome in judged()}
                except Exception as error:
                    report.broken = report.broken or f"{number}: {described(error)}"
            report.notes += student.notes
    said = "Not graded: the grader failed here, not the submission."
    report.outcomes = {
        check.name: report.outcomes.get(check.name) or failed([check], "grader", said)[0]
        for check in rubric.checks.values()
        if check.question in wanted
    }
    report.seconds = time.monotonic() - start
    return report


def steps(student, wanted):
    """Yield one question after another: (its number, a function that returns its outcomes)."""
    rubric = student.report.rubric

    def asked(function):
        return [check for check in rubric.answered_by(function) if check.question in wanted and not check.person]

    functions = Functions(student, filter(asked, FUNCTIONS)) if student.submission.code else None

    def judged(function):
        if not functions:
            return failed(asked(function), "missing", "There is no assignment2.py in the submission.")
        if function == "train_nn":
            return grade_training(student, functions, all(map(asked, FUNCTIONS)))
        return functions.outcomes(function)

    def notes():
        student.notes += functions.notes()
        return []

    for function in filter(asked, FUNCTIONS):
        yield student.question[function].number, partial(judged, function)
    if functions:
        yield "notes", notes
    if asked("train_nn"):
        yield student.question["train_nn"].number, partial(judged, "train_nn")
    yield from grade_files(student, wanted)


def described(error):
    """An error of the grader's own: what it was and, unless it is one that the grader raises, where."""
    if isinstance(error, GraderError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"


# ---- A submission in its cell --------------------------------------------------------------------


class Student:
    """A submission whose code can be called, each time in a process of its own."""

    def __init__(self, submission, sandbox, report, patience, trained):
        self.submission, self.sandbox, self.report, self.patience = submission, sandbox, report, patience
        self.rubric, self.seed, self.trained = report.rubric, report.seed, trained
        self.question = {question.function: question for question in self.rubric.questions.values()}
        self.beside = [name for name in submission.files if name not in ("assignment2.pkl", "assignment2.pdf")]
        self.notes, self.loaded = [], None
        if submission.code:
            if "utils.py" not in self.beside:
                shutil.copy(UTILS, submission.folder / "utils.py")
                self.beside.append("utils.py")
            self.other = inputs.draw_tweets(self.seed + 1, trained[-1])
            self.beside = list({*self.beside, training.plant(submission.folder, self.other)})

    def run(self, function, calls, stand_ins=None, seconds=None, beside=None, **task):
        """Make calls in a child; returns a sandbox.Run. task: what it is told beside."""
        names = [alias for name in (stand_ins.names if stand_ins else ()) for alias in ALIASES.get(name, (name,))]
        task |= {"task": "call", "file": self.submission.code, "calls": calls, "stand_ins": names, "seed": self.seed}
        seconds = seconds or self.question[function].seconds * self.patience
        run = self.sandbox.run(self.submission.folder, beside or self.beside, task, seconds, stand_ins)
        self.report.printed = self.report.printed or run.output
        if self.loaded is None and isinstance(run.loaded, dict):
            self.loaded = run.loaded
            self.notes += files.notes_on(run.loaded, self.submission.code)
        return run

    def call(self, cases, likely=False, edition=None, wrong=()):
        """Call functions with all their cases, {function: [Case]}, in one cell: {function: (Run, [Call])}.

        likely: in the likely forms, and one function after another in one process. This is enough for answers that are
        right. Otherwise in every form, and each function in a process of its own; one that leaves a call without an
        answer is called again in a cell to itself, with all of its time, which tells what became of it.
        edition, wrong: of the stand-ins, if there are any.
        """
        calls = {function: calls_of(cases[function], likely) for function in cases}
        stand_ins = StandIns(edition, wrong) if wrong else None
        asked = [
            {"function": function, "args": [encode(arg) for arg in call.args], "seed": self.seed + k}
            for function in calls
            for k, call in enumerate(calls[function])
        ]
        function, *others = calls
        seconds = TOGETHER * self.patience if others else None
        run = self.run(function, asked, stand_ins, seconds, apart=bool(others) and not likely)
        for k, call in enumerate(call for function in calls for call in calls[function]):
            message = run.answers.get(k)
            call.message = message if isinstance(message, dict) else None
            call.aided = bool(stand_ins) and k in stand_ins.asked
        if not others:
            return {function: (run, calls[function])}
        whole = replace(run, failed=None, late=False, status=0)
        return {
            function: (whole, calls[function])
            if likely or all(call.message for call in calls[function])
            else self.call({function: cases[function]}, likely, edition, wrong)[function]
            for function in calls
        }

    def failure(self, function, run, seconds=None):
        """(id, sentence) if a task did not come to its end or the function is missing, or None."""
        code = self.submission.code
        seconds = seconds or self.question[function].seconds * self.patience
        if run.failed:
            return "not_loaded", f"{code} could not be loaded. {describe(run.failed)}"
        names = run.loaded.get("names") if isinstance(run.loaded, dict) else None
        if isinstance(names, list) and function not in names:
            like = difflib.get_close_matches(function, [name for name in names if isinstance(name, str)], 1, 0.5)
            there = f"; there is {like[0]}" if like else ""
            return "missing", f"There is no function {function} in {code}{there}."
        if run.late:
            said = f"There was no answer within {seconds:g} s, and the process was ended: is there an endless loop?"
            return "late", said
        if run.status:
            how = f"by signal {-run.status}" if run.status < 0 else f"with exit status {run.status}"
            return "died", f"The process ended {how} before it answered: too much memory, or a call that ends Python?"
        if not run.answers:
            return "died", "The process ended before it answered: does the code end Python?"
        return None


def calls_of(cases, likely):
    """The calls of a function with its cases, a form at a time, so that a repetition follows at once."""
    forms = {form: k for k, form in enumerate(inputs.forms(cases[0]))}
    asked = ((case, form, args) for case in cases for form, args in inputs.forms(case).items())
    calls = [Call(*call) for call in asked if not likely or inputs.likely(call[1])]
    return sorted(calls, key=lambda call: forms.get(call.form, len(forms)))


# ---- The functions -------------------------------------------------------------------------------


class Functions:
    """The functions of Q1, Q3 and Q4 of a submission, each called in a process of its own, in the likely forms.

    Then in every form if it is wrong in those, and with correct stand-ins for the earlier ones that are wrong.
    """

    def __init__(self, student, wanted):
        self.student, self.expected = student, Expected()
        self.possible = possible(student.rubric.pins)
        self.cases = inputs.draw(student.seed)
        self.wanted = set(wanted)
        if len(self.possible) > 1 and self.wanted & set(TELLING):
            self.wanted |= set(TELLING)
        self.runs, self.aided, self.judged = {}, {}, {}
        self.unfit = set()  # the functions that are wrong in the likely forms

    def checks(self, function):
        return [check for check in self.student.rubric.answered_by(function) if not check.person]

    def run(self, function):
        """(Run, calls) of a function with the submission's own functions; all that are wanted are called with it."""
        if function not in self.runs:
            wanted = self.wanted - set(self.runs) | {function}
            self.runs |= self.ask([name for name in FUNCTIONS if name in wanted])
        return self.runs[function]

    def ask(self, names, *stand_ins):
        """{function: (Run, calls)} of some functions. Those that are wrong at first are asked again: Student.call."""
        cases = {name: self.cases[name] for name in names}
        if len(names) == 1 and not stand_ins:
            return self.student.call(cases)  # every form of one function takes no longer than a second cell
        runs = self.student.call(cases, True, *stand_ins)
        wrong = {name: cases[name] for name in names if not self.fits(name, runs[name][1])}
        if not stand_ins:
            self.unfit |= set(wrong)
        return runs | (self.student.call(wrong, False, *stand_ins) if wrong else {})

    def fits(self, function, calls):
        """Whether the answers are right by one of the editions."""
        editions = {edition.to(function): edition for edition in self.possible}.values()
        return any(fits(self.checks(function), calls, edition, self.expected) for edition in editions)

    @cached_property
    def editions(self):
        """The editions that the submission may follow, the likeliest first."""
        editions = self.possible
        if len(editions) > 1:
            asked = [(self.checks(function), self.run(function)[1]) for function in TELLING]
            editions = recognise(asked, self.student.rubric.pins, self.expected)
            if not any(call.message and "value" in call.message for _, calls in asked for call in calls):
                return editions  # there is nothing to read it from, and the report names none
        self.student.report.edition = editions[0]
        return editions

    def edition(self, function):
        return self.editions[0] if function in TELLING else EDITIONS["january"]

    def outcomes(self, function):
        """The outcomes of a function's checks."""
        if function not in self.judged:
            outcomes = self.judge(function, *self.run(function), self.edition(function))
            if lost(outcomes) and self.run(function)[0].loaded:
                earlier = FUNCTIONS[: FUNCTIONS.index(function)]
                self.wanted |= set(earlier)  # in one cell, if they were not asked for
                wrong = [name for name in earlier if lost(self.outcomes(name))]
                outcomes = self.with_stand_ins(function, wrong, outcomes) if wrong else outcomes
            self.judged[function] = outcomes
        return self.judged[function]

    def judge(self, function, run, calls, edition):
        failure = self.student.failure(function, run)
        if failure and (failure[0] == "missing" or not run.answers):
            return failed(self.checks(function), *failure, lambda: True)
        verdicts = judge(self.checks(function), calls, edition, self.expected)
        signatures = run.loaded.get("signatures") if isinstance(run.loaded, dict) else None
        names = signatures.get(function) if isinstance(signatures, dict) else None
        outcomes = explain(verdicts, edition, function, names)
        if failure:
            for outcome in outcomes:
                if not outcome.passed and outcome.mistake == "unanswered":
                    outcome.mistake, outcome.claims = failure[0], [(failure[1], lambda: True)]
        return outcomes

    def with_stand_ins(self, function, wrong, before):
        """Judge again with correct functions in place of the `wrong` ones, and keep what earns more.

        What tells the editions apart may only show now: in the gradients themselves, or in what update_params makes of
        those that it is given.
        """
        best, unaided = self.edition(function), before
        for edition in self.editions if function in TELLING else [best]:
            run, calls = self.run_with_stand_ins(function, edition, wrong)
            if not any(call.aided for call in calls):
                break  # it calls none of them, so nothing has changed
            outcomes = self.judge(function, run, calls, edition)
            if earned(outcomes) > earned(before):
                before, best = outcomes, edition
            if not lost(before):
                break
        if best is not self.edition(function):
            self.editions = [best, *(edition for edition in self.editions if edition is not best)]
            self.student.report.edition = best
        return blame(self.student, before, wrong) if before is not unaided else before

    def run_with_stand_ins(self, function, edition, wrong):
        """(Run, calls) of a function. Where it is the second to need these, the later ones may: they are called too."""
        runs = self.aided.setdefault((edition if "gradients" in wrong else None, *wrong), {})
        if function not in runs:
            later = FUNCTIONS[FUNCTIONS.index(function) + 1 :] if runs else ()
            runs |= self.ask([function, *filter(self.unfit.__contains__, later)], edition, wrong)
        return runs[function]

    def notes(self):
        """What is said about functions that lost nothing."""
        notes, forms = [], {}
        for function, outcomes in self.judged.items():
            if not lost(outcomes) and not any(outcome.note for outcome in outcomes):  # nor by a stand-in's help
                run, calls = self.run(function)
                edition = self.edition(function)
                notes += advise(function, calls, edition, self.expected)
                verdicts = judge(self.checks(function), calls, edition, self.expected).values()
                for form in {verdict.attempt.form for verdict in verdicts} - {next(iter(inputs.forms(calls[0].case)))}:
                    forms.setdefault(form.split(", labels")[0], []).append(function)
        if "gradients" in self.runs:
            self.student.report.staff += numerical(self.run("gradients")[1])
        insists = [
            f"{', '.join(names)}: right with {form}; the handout leaves that open." for form, names in forms.items()
        ]
        return notes + insists


def blame(student, outcomes, wrong):
    named = ", ".join(f"{name} ({student.question[name].number})" for name in wrong)
    fix = " and ".join(filter(None, (", ".join(wrong[:-1]), wrong[-1])))
    for outcome in outcomes[:1]:
        outcome.note = (
            f"Graded with a correct {named} in place of yours. With yours this also fails, so fix {fix} first."
        )
    return outcomes


def earned(outcomes):
    return sum(outcome.earned for outcome in outcomes)


def lost(outcomes):
    return any(not outcome.passed for outcome in outcomes)


def numerical(calls):
    """A note for staff if gradients calls the forward pass once for every parameter."""
    for call in calls:
        count = call.message.get("forward") if call.message else None
        if type(count) is int and call.case.args["X"].shape[1] == 1:
            weights = sum(np.size(call.case.args[name]) for name in PARAMETERS)
            if count >= weights:
                said = f"gradients calls the forward pass {count} times for one example and {weights} parameters"
                return [f"{said}: these look like finite differences, not derived gradients."]
    return []


class StandIns:
    """Answers for the earlier functions that a submission has wrong. The child gets numbers, never the code."""

    def __init__(self, edition, names):
        self.edition, self.names, self.left = edition, names, ASKS
        self.asked = set()  # the calls in which it was
        self.known = {alias: name for name in names for alias in ALIASES.get(name, (name,))}

    def __call__(self, name, args, kwargs, call):
        """The right answer, or None for arguments that it cannot be given for."""
        self.left -= 1
        try:
            self.asked.add(call)
            name = self.known[name]  # and no other: a child may ask for anything
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
        *steps, L = reference.gradients(*(given[key] for key in ("X", "y", "W1", "W2", "b1", "b2")))
        scale = self.edition.scale(given["X"].shape[1])
        parts = dict(zip(("dW1", "dW2", "db1", "db2"), steps, strict=True))
        parts = {key: scale * np.reshape(step, np.shape(given[key[1:]])) for key, step in parts.items()} | {
            "L": float(L)
        }
        if name == "update_params":
            parts |= {key: given[key] - given.get("lr", 0.01) * parts["d" + key] for key in PARAMETERS}
        return tuple(parts[key] for key in self.edition.returns(name))


# ---- Training ------------------------------------------------------------------------------------


def grade_training(student, functions, known):
    """Q5.1, with the submission's own functions, then with stand-ins if those are wrong.

    known: whether the functions are judged already. If not, they are only if training fails.
    """
    checks = [check for check in student.rubric.answered_by("train_nn") if not check.person]
    seconds = student.question["train_nn"].seconds * student.patience
    folder = student.submission.folder

    def attempt(trained, seconds=seconds, wrong=()):
        tweets = inputs.draw_tweets(student.seed, trained)
        training.write_files(folder, tweets)

        def ask(file, hidden, iters, lr, start, planted, left):
            args = [encode(arg) for arg in (file, hidden, iters, lr)]
            calls = [{"function": "train_nn", "args": args, "seed": student.seed + start}]
            stand_ins = StandIns(functions.editions[0], wrong) if wrong else None
            if not planted:
                training.plant(folder, student.other, exchanged=False)
            run = student.run("train_nn", calls, stand_ins, left, [*student.beside, *training.FILES])
            if not planted:
                training.plant(folder, student.other)
            try:
                return answer(run, stand_ins, left), None, run.seconds
            except Wrong as problem:
                return None, problem, run.seconds

        def answer(run, stand_ins, left):
            failure = student.failure("train_nn", run, left)
            message = run.answers.get(0)
            if failure or not isinstance(message, dict):
                raise Wrong(*(failure or ("unanswered", "There was no answer.")))
            if "error" in message:
                raise Wrong("raised", describe(message["error"]))
            if stand_ins and not stand_ins.asked:
                raise Wrong("unaided", "It calls none of the functions that are wrong.")
            try:
                return decode(message.get("value"))
            except (ValueError, RecursionError):
                raise Wrong("unreadable", "The answer could not be read.") from None

        trainer = training.Trainer(ask, trained, seconds)
        pinned = "values" in student.rubric.pins
        names = functions.editions[0].returns("train_nn") if pinned else None
        return training.judge_training(checks, trainer, tweets, names)

    def wrong():
        return [function for function in FUNCTIONS if lost(functions.outcomes(function))]

    *first, last = student.trained
    for trained in first:
        outcomes = attempt(trained, seconds / FIRST)
        if not lost(outcomes):
            return outcomes
    outcomes = attempt(replace(last, settings=last.settings[:1]) if known and wrong() else last)
    if lost(outcomes) and wrong():
        # A stand-in's answer comes over the channel, which takes longer than a step, and a loss on all tweets is too
        # large a question for it. But a trainer may count on as many of both as the assignment has.
        fewer = replace(last, settings=tuple((hidden, steps // FEWER, lr) for hidden, steps, lr in last.settings))
        part = max(last.part, last.tweets // TWEETS)
        once = replace(last, settings=last.settings[:1], part=part)
        for trained in dict.fromkeys((replace(fewer, part=part), fewer, once, last)):
            again = attempt(trained, seconds / 3, wrong())
            if earned(again) > earned(outcomes):
                outcomes = blame(student, again, wrong())
            if not lost(outcomes) or trained == fewer and again[0].mistake != "raised":
                break
    return outcomes


# ---- The files -----------------------------------------------------------------------------------


def grade_files(student, wanted):
    """Yield, as `steps` does, assignment2.pkl and what a machine can see for a person: the PDF, the comments."""
    checks = {kind: [] for kind in ("pkl", "pdf", "code")}
    for check in student.rubric.checks.values():
        if check.question in wanted and check.name.partition(".")[0] in checks:
            checks[check.name.partition(".")[0]].append(check)

    def judged(kind, name, judge_file):
        exists = name in student.submission.files
        seconds = student.question[name].seconds * student.patience
        task = {"task": {"pkl": "pickle", "pdf": "pdf"}[kind], "file": name, "keys": PARAMETERS, "seconds": seconds}
        run = student.sandbox.run(student.submission.folder, [name], task, seconds) if exists else None
        if kind == "pkl" and run and 0 in run.answers:
            student.report.parameters = hashlib.sha256(json.dumps(run.answers[0], sort_keys=True).encode()).hexdigest()
        return judge_file(checks[kind], run, exists)

    def comments():
        if student.loaded is None and student.submission.code:
            student.run("sigmoid", [])  # no question was asked: the code is loaded for its comments
        return files.judge_comments(checks["code"], student.loaded)

    for kind, name, judge_file in (
        ("pkl", "assignment2.pkl", files.judge_pickle),
        ("pdf", "assignment2.pdf", files.judge_pdf),
    ):
        if checks[kind]:
            yield checks[kind][0].question, partial(judged, kind, name, judge_file)
    if checks["code"]:
        yield checks["code"][0].question, comments
