"""Similarity within classes that are built here, so that it is known who is alike and who is not."""

import ast
import builtins
import keyword
import random
import re
from html.parser import HTMLParser

import pytest

from autograder.course import similarity
from autograder.course.similarity import similar, similar_page
from tests.autograder_bank.right import CLASSES, RIGHT
from tests.autograder_bank.sources import SOURCES

FUNCTIONS = ("sigmoid", "inference_layer", "inference_2layers", "bce_forward", "gradients", "update_params", "train_nn")
SCAFFOLD = (
    "handout, columns alone",
    "handout, rows alone",
    "handout, numbers alone",
)  # share a decorator of the bank's


def text_of(right):
    if isinstance(right.source, str):
        return right.source
    return right.source.decode("latin-1" if b"latin-1" in right.source else "utf-8-sig")


def functions_of(source):
    return {
        node.name: ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }


def textbook_class(count, seed, most=None):
    """Honest programs, each with one of the bank's right ways to write each function, or one of the first `most`."""
    ways = {name: {} for name in FUNCTIONS}
    for right in RIGHT:
        if right.name not in SCAFFOLD:
            for name, function in functions_of(text_of(right)).items():
                if name in ways:
                    ways[name]["".join(function.split())] = function
    rng = random.Random(seed)
    return [
        "import pickle\n\nimport numpy as np\n\nfrom utils import extract_features\n\n\n"
        + "\n\n\n".join(by_another_hand(rng.choice(list(ways[name].values())[:most]), rng) for name in FUNCTIONS)
        + "\n"
        for _ in range(count)
    ]


def by_another_hand(function, rng):
    """A function in which some lines are written as somebody else would."""
    habits = [
        (r"(\w+(?:\.T)?) @ (\w+(?:\.T)?)", r"np.dot(\1, \2)"),
        (r"np\.sum\((\w+), axis=(\d)\)", r"\1.sum(axis=\2)"),
        (r"np\.reshape\((\w+), (\([^()]*\))\)", r"\1.reshape\2"),
        (r"(\w+) \* \(1 - \1\)", r"(\1 - \1 ** 2)"),
        (r"^( +)(\w+) = ([^,({\[]*)$", r"\1\2 = \3\n\1assert \2 is not None"),
        (r"^( +)return ([\w.]+\(.*\))$", r"\1result = \2\n\1return result"),
    ]
    lines = function.split("\n")
    return "\n".join(re.sub(*rng.choice(habits), line) if rng.random() < 0.4 else line for line in lines)


def disguised(source):
    """The same program with other names, the functions in reverse order, other comments and a docstring."""
    kept = {*FUNCTIONS, *dir(builtins), *keyword.kwlist, "np", "pickle", "extract_features", "self"}
    parts = list(functions_of(source).values())[::-1]
    text = "import numpy as np\nimport pickle\nfrom utils import extract_features\n\n" + "\n\n".join(parts) + "\n"
    names = [node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    names += [node.arg for node in ast.walk(ast.parse(text)) if isinstance(node, ast.arg)]
    new = {name: f"my_{name.lower()}_{k}" for k, name in enumerate(sorted(set(names) - kept))}
    text = re.sub(r"(?<![\w.'\"])[A-Za-z_]\w*", lambda found: new.get(found[0], found[0]), text)
    text = re.sub(r"  #.*", "", text)
    text = re.sub(r"\)$", ")  # the next step", text, flags=re.MULTILINE)
    return re.sub(r"^(def .*:)$", r'\1\n    """My own work."""', text, flags=re.MULTILINE)


def record(code=None, parameters=None, mistakes=(), **facts):
    """A record as records.record_of writes it. mistakes: (check, id or None) pairs."""
    outcomes = {
        check: {"passed": mistake is None, "mistake": mistake, "claims": [f"Told of {mistake}."] if mistake else []}
        for check, mistake in mistakes
    }
    return {"code": code, "parameters": parameters, "outcomes": outcomes, **facts}


def class_of(codes):
    return {f"student{k:02}": record(code) for k, code in enumerate(codes)}


def pairs_of(kept, kind):
    return [
        {pair.first, pair.second} for pair in similar(kept) if kind in {evidence.kind for evidence in pair.evidence}
    ]


# ---- Code ----------------------------------------------------------------------------------------


def test_of_an_honest_class_with_disguised_copies_the_copies_alone_are_reported():
    kept = class_of(textbook_class(40, seed=1))
    copied = ("student05", "student15", "student25", "student35")
    kept |= {f"copy of {name}": record(disguised(kept[name]["code"])) for name in copied}
    found = pairs_of(kept, "code")
    assert all({name, f"copy of {name}"} in found for name in copied)
    assert len(found) == len(copied)


def test_the_right_programs_of_the_bank_are_no_pairs():
    # Each is the textbook submission with one part written in another way.
    codes = {"".join(text_of(right).split()): text_of(right) for right in RIGHT if right.name not in SCAFFOLD}
    assert len(codes) > 40
    assert pairs_of(class_of(codes.values()), "code") == []


def test_nothing_is_reported_of_a_class_whose_programs_are_all_alike():
    assert pairs_of(class_of(textbook_class(40, seed=3, most=4)), "code") == []


def test_a_copy_of_the_projects_own_code_is_no_evidence():
    codes = [*textbook_class(12, seed=4), SOURCES["later"], SOURCES["later"]]
    assert pairs_of(class_of(codes), "code") == []


def test_few_programs_tell_nothing_about_what_is_usual():
    assert pairs_of(class_of([*textbook_class(7, seed=5), CLASSES, CLASSES]), "code") == []
    assert pairs_of(class_of([*textbook_class(8, seed=5), CLASSES, CLASSES]), "code") == [{"student08", "student09"}]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_marked_lines_are_those_that_both_have_and_others_have_not(ending):
    settings = "SETTINGS = dict(rate=0.25, momentum=0.75,\n                patience=12, decay=1e-4)\nWORDS = [*'abc']"
    trainer = CLASSES[CLASSES.index("class Trainer") :].split("\n\n\ndef train_nn")[0]
    renamed = trainer.replace("hidden", "units").replace("theta", "parameters")
    kept = class_of([SOURCES["handout"]] * 10)
    first = '\n\n"""Mine,\nin three\nlines."""\n\n' + settings + "\n\n" + SOURCES["handout"] + "\n\n" + trainer + "\n"
    kept["first"] = record(first.replace("\n", ending), "same")
    kept["second"] = record("# Mine.\n" + settings + "\n" + renamed + "\n\n\n" + SOURCES["handout"], "same")
    (pair,) = similar(kept)
    for name, marked in zip((pair.first, pair.second), pair.lines, strict=True):
        text = similarity.Program(kept[name]["code"]).lines
        inside = set()
        for part in (settings, trainer):
            start = text.index(part.split("\n")[0])
            inside |= {k for k in range(start, start + part.count("\n") + 1) if text[k].strip()}
        assert len(inside - marked) <= 2  # what is short at an end, and what the handout's program has as well
        assert not {k for k in marked - inside if text[k].strip()}


def test_names_texts_and_layout_are_left_out_and_the_rest_is_not():
    def prints(code):
        return similarity.Program(code).fingerprints().keys()

    one = 'def f(a, b):\n    print("first", a + b, 17)\n    return [a * 2 for c in range(b)]\n'
    other = "def step(X, y):  # mine\n    print(rb'''a\n 'b''', X+y,\\\n  17)\n    return [ X*2 for k in range(y) ]\n"
    assert len(prints(one)) > 20 and prints(one) == prints(other)
    for old, new in (("17", "18"), ("print", "round"), ("+", "-"), ("for", "if")):
        assert prints(one) != prints(one.replace(old, new))


@pytest.mark.parametrize("broken", ["\ud800 = 1", "x = '", "f(1,", "if x:\n\ty\n  z", "\0"])
def test_what_is_no_python_hides_nothing_around_it(broken):
    line = "total = [first * 2 for first in range(17)]"
    code = f"{line}\n{broken}\n{line}"
    alone, between = similarity.Program(line).fingerprints(), similarity.Program(code).fingerprints()
    last = code.count("\n")
    assert len(alone) > 2 and all({0, last} <= between[key] for key in alone)


def test_the_order_of_functions_does_not_matter_at_all():
    functions = list(functions_of(SOURCES["handout"]).values())
    one, other = (similarity.Program("\n\n\n".join(parts)).fingerprints() for parts in (functions, functions[::-1]))
    assert len(one) > 400 and one.keys() == other.keys()


# ---- Parameters ----------------------------------------------------------------------------------


def test_identical_parameters_are_found_unless_many_have_them():
    kept = {f"student{k:02}": record(parameters=f"digest {k}") for k in range(30)}
    kept |= {name: record(parameters="same") for name in ("anna", "ben", "cleo")}
    found = similar(kept)
    assert [(pair.first, pair.second) for pair in found] == [("anna", "ben"), ("anna", "cleo")]  # the third is linked
    assert "So does cleo." in found[0].evidence[0].sentence
    assert similar({name: record(parameters="of the course") for name in kept}) == []


def test_what_one_student_hands_in_twice_is_no_pair():
    kept = {"alone": record(parameters="same", sid="7"), "in a group": record(parameters="same", sid="8; 7")}
    assert similar(kept) == []
    kept["in a group"]["sid"] = "8; 9"
    assert len(similar(kept)) == 1


# ---- Mistakes ------------------------------------------------------------------------------------


def class_with_mistakes(*holders):
    """40 submissions. holders: (check, mistake, the numbers of those who made it)."""
    return {
        f"student{k:02}": record(
            mistakes=[(check, mistake if k in those else None) for check, mistake, those in holders]
        )
        for k in range(40)
    }


def test_a_shared_rare_mistake_is_found_and_a_common_one_is_not():
    kept = class_with_mistakes(
        ("gradients.values", "gradients.no_W2", (3, 5)),
        ("loss.values", "loss.log2", range(10, 20)),
        ("network.values", "raised", (21, 22)),  # no formula: errors are alike for many reasons
    )
    (pair,) = similar(kept)
    assert (pair.first, pair.second) == ("student03", "student05")
    assert "2 of 40" in pair.evidence[0].sentence and "Told of gradients.no_W2." in pair.evidence[0].sentence


def test_two_rare_mistakes_weigh_more_than_one_but_one_in_two_checks_does_not():
    kept = class_with_mistakes(
        ("gradients.values", "gradients.no_W2", (1, 2)),
        ("gradients.large", "gradients.no_W2", (1, 2)),
        ("sigmoid.values", "sigmoid.tanh", (3, 4)),
        ("loss.values", "loss.log2", (3, 4)),
    )
    first, second = similar(kept)
    assert (first.first, second.first) == ("student03", "student01")
    assert len(first.evidence) == 2 and len(second.evidence) == 1
    assert first.weight == pytest.approx(2 * second.weight)


def test_in_a_small_class_no_mistake_is_rare():
    kept = class_with_mistakes(("gradients.values", "gradients.no_W2", (3, 5)))
    assert similar(dict(list(kept.items())[:19])) == []
    assert len(similar(dict(list(kept.items())[:20]))) == 1


# ---- The page ------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page and the text in those of class "marked"."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.marked, self.inside = [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside = dict(attrs).get("class") == "marked"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.marked.append(data)


def test_the_page_shows_both_texts_with_what_is_shared_marked_and_nothing_of_students_as_html():
    attack = "</pre></mark><script>alert(1)</script><!-- \x1b[2J \u202e and a long line of words\n"
    kept = {
        "d" * 30: record("no = 1\n"),  # a third may have the same parameters
        **{name: record() for name in "efghij"},
        "<b>anna": record("x = 1\n" + attack + "y = 2\n" * 50, "same"),
        "ben": record("z = 3\n" + attack, "same"),
        "cleo": record(None, "same"),
    }
    html = similar_page(similar(kept), kept)
    page = Page(html)
    assert not {"script", "b"} & set(page.tags)
    assert page.tags.count("pre") == 2 * 2 and "There is no assignment2.py." in html
    assert len(page.marked) == 2 and all("alert(1)" in text for text in page.marked)
    assert "lines left out" in html and not {"\x1b", "\u202e"} & set(html)


def test_the_page_is_bounded():
    kept = {f"student{k:03}": record("# a comment of 28 letters...\n" * 10_000, f"digest {k // 2}") for k in range(200)}
    pairs = similar(kept)
    assert len(pairs) == 50
    assert len(similar_page(pairs, kept)) < 50 * 2 * 300 * 40  # lines of 28 characters and what is around them
