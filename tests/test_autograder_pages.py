"""The pages for students and for the class: what they hold, read by html.parser, and how they behave in Chromium."""

from collections import Counter
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

import pytest

from autograder import Report, Sandbox, read_rubric
from autograder.answers import Outcome
from autograder.course.pages import class_page, link_to, student_page
from autograder.course.records import Entry, Mark, Row
from autograder.edition import EDITIONS, Edition
from tests.autograder_bank import grade_source
from tests.autograder_bank.sources import SOURCES, edited

EVIL = "<script>window.pwned = 1</script><img src=x onerror='pwned = 1'>\"' onfocus=pwned=1 &amp; \u202egpj.exe\x1b[31m"
WRITTEN_OUT = EVIL.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")  # as the page shows it
TANH = "This is tanh(x); σ(x) = 1/(1 + e^-x) lies between 0 and 1."  # a sentence of mistakes.md
FUNCTIONS = ("Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q3", "Q4", "Q5.1")


@pytest.fixture(scope="module")
def rubric():
    return read_rubric()


# ---- A class made by hand ------------------------------------------------------------------------


def row(rubric, name, wrong=(), marks=(), edition=EDITIONS["january"], student="", sid="", email="", late="", **facts):
    """A graded row. wrong: {check: (mistake, sentence, example)}; marks: {check: Mark}; facts: of the Report."""
    wrong, marks = dict(wrong), dict(marks)
    outcomes = {}
    for check in rubric.checks.values():
        mistake, sentence, example = wrong.get(check.name, (None, "", ""))
        claims = [(sentence, None)] if sentence else []
        outcomes[check.name] = Outcome(
            check, check.name not in wrong, claims, mistake, "", example, marks.get(check.name)
        )
    report = Report(name, 7, rubric, edition, "namespaces", outcomes, **facts)
    return Row(Entry(name, Path(name), student, sid, email, late=late), report)


def broken_off(rubric, questions, mistake, sentence):
    """What stands in the place of every answer of the questions."""
    return {
        check.name: (mistake, sentence, "") for number in questions for check in rubric.of(number) if not check.person
    }


@pytest.fixture(scope="module")
def small_class(rubric):
    """Two with full points, three that lost some, and one of each other kind. The points are summed by hand below."""
    tanh = {"sigmoid.values": ("sigmoid.tanh", TANH, "In the call sigmoid(np.array([1.0]))")}
    raised = {"loss.values": ("raised", f"It raised {EVIL}\n  x.py, line 3: SECRET {EVIL}", f"bce_forward({EVIL})")}
    later = EDITIONS["later"]
    none = broken_off(rubric, FUNCTIONS, "missing", "There is no function SECRET in assignment2.py.")
    return [
        row(rubric, "s1", student="Ada Lovelace", sid="111", email="ada@example.edu"),
        row(rubric, "s2", student="José Ñandú", sid="222", email="pepe@example.edu", late="late", edition=later),
        row(rubric, "s3", tanh, student="Bob", sid="333", edition=Edition("by layer", "mean", "four")),
        row(
            rubric, "s4", {**tanh, **raised}, student=EVIL, email=EVIL, notes=[EVIL], staff=["STAFF"], printed="PRINTED"
        ),
        row(rubric, "s5", {"pdf.derivations": ("missing", "There is no PDF.", "")}, {"pdf.curves": Mark(2.5, EVIL)}),
        row(rubric, "s6", none, student="Unloaded", edition=None),
        row(rubric, "s7", student="Broken", broken="Q4: SECRET RuntimeError"),
        Row(Entry("a #1?%20 é.zip", None, "Nobody", late="late"), refused="nothing handed in"),
        Row(Entry("x" * 120, Path("x")), trouble="Q3: the cell ended by signal 9"),
        Row(Entry("s10", Path("s10"))),
    ]


class Page(HTMLParser):
    """What a page holds: its elements, the text of each, and all text that is shown."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **dict(attributes)}
        self.elements.append(element)
        if tag not in ("a", "bdi", "code", "small", "span", "strong"):
            self.text += " "
        if tag not in ("meta", "br", "input", "line", "rect"):
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data
        if not any(element["tag"] in ("script", "style") for element in self.open):
            self.text += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e["tag"] == tag and all(e.get(k) == v for k, v in attributes.items())]

    def one_line(self):
        return " ".join(self.text.split())


@pytest.fixture(scope="module")
def page(rubric, small_class):
    return Page(class_page(rubric, small_class, {"graded": EVIL}, similar=3))


# ---- What the pages hold -------------------------------------------------------------------------


def test_text_of_students_is_shown_as_text(rubric, small_class, page):
    student = Page(student_page(rubric, small_class[3], f"python -m autograder {EVIL}"))
    marked = Page(student_page(rubric, small_class[4], "python"))
    ours = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "dl", "dt", "dd", "div"}
    ours |= {"ul", "ol", "li", "span", "pre", "bdi", "br", "code", "a", "small", "details", "summary", "strong"}
    table = {"table", "thead", "tbody", "tr", "th", "td", "label", "input", "select", "option", "script", "svg", "rect"}
    assert {e["tag"] for e in student.elements + marked.elements} <= ours
    assert {e["tag"] for e in page.elements} <= ours | table | {"line", "text", "figure", "figcaption"}
    assert len(page.all("script")) == 1 and "pwned" not in page.all("script")[0]["text"]
    assert not [name for e in page.elements + student.elements for name in e if name.startswith("on")]
    assert WRITTEN_OUT in page.text and EVIL not in page.text
    assert student.text.count(WRITTEN_OUT) >= 6  # title, head, e-mail, hint, line of code, call, note, command
    assert WRITTEN_OUT in marked.text


def test_nothing_is_loaded_from_elsewhere(rubric, small_class, page):
    for found, scripts in (
        (page, "; script-src 'unsafe-inline'"),
        (Page(student_page(rubric, small_class[3], "")), ""),
    ):
        (policy,) = (e["content"] for e in found.all("meta") if e.get("http-equiv") == "Content-Security-Policy")
        assert policy.startswith("default-src 'none'; ") and policy.endswith(scripts or "form-action 'none'")
        assert not [e for e in found.elements if "src" in e or e["tag"] in ("link", "iframe", "object")]
        assert all(e["href"].startswith(("students/", "similar.html")) for e in found.all("a"))
        assert found.all("html")[0]["lang"] == "en" and found.all("meta", name="viewport")


def test_every_name_links_to_its_page(small_class, page):
    wanted = {f"students/{r.entry.name}.html" for r in small_class}
    found = Counter(unquote(e["href"]) for e in page.all("a"))
    assert set(found) == wanted | {"similar.html"}
    assert link_to(small_class[7].entry) == "students/a%20%231%3F%2520%20%C3%A9.zip.html"


def test_figures_of_the_class(page):
    # Graded: 75, 75, 75 - 3, 75 - 3 - 4, 75 (a mark counts once all have it), 75 - 65. The others stand apart.
    facts = dict(zip((e["text"] for e in page.all("dt")), (e["text"] for e in page.all("dd")), strict=True))
    assert facts == {"entries": "10", "graded": "6", "mean": "62.5", "median": "73.5", "full points": "2"}
    sigmoid = next(e["aria-label"] for e in page.all("svg") if e["aria-label"].startswith("Q1.1"))
    assert sigmoid == "Q1.1 sigmoid, mean 3.2 of 5. 0 points: 1; 2 points: 2; 5 points: 3"
    options = [e["text"] for e in page.all("option")]
    assert options[:9] == [
        "everyone (10)",
        "full points (2)",
        "lost points (3)",
        "did not load (1)",
        "nothing handed in (1)",
        "grader failed (2)",
        "not graded yet (1)",
        "pending (7)",
        "late (2)",
    ]
    assert options[9:] == ["any", "january (4)", "later (1)", "mixed (1)"]


def test_points_of_persons_count_once_all_are_given(rubric):
    def charts(*rows):
        return [e["aria-label"].split(",")[0] for e in Page(class_page(rubric, rows, {})).all("svg")]

    given = {name: Mark(1) for name, check in rubric.checks.items() if check.person}
    marked, unmarked = row(rubric, "marked", marks=given), row(rubric, "unmarked")
    empty = row(rubric, "empty", {name: ("missing", "", "") for name in given})
    assert "Q2 derivations in the PDF" not in charts(marked, unmarked)
    assert "Q2 derivations in the PDF" in charts(marked, empty)  # without a PDF there is nothing to decide
    assert "Q2 derivations in the PDF" not in charts(empty)


def test_a_class_without_a_report_has_a_page(rubric, small_class):
    assert "Nobody is graded yet." in class_page(rubric, small_class[7:], {})


@pytest.mark.parametrize(
    "check, mistake",
    [
        ("sigmoid.values", "raised"),
        ("sigmoid.values", "type"),
        ("sigmoid.values", "missing"),
        ("sigmoid.values", "not_loaded"),
        ("layer.matrix", "signature"),
        ("layer.matrix", "values"),
        ("gradients.five", "count"),
        ("gradients.dW1", "shape"),
        ("gradients.dW1", "gradients.factor"),
        ("update.unchanged", "mutated"),
        ("train.returns", "count"),
        ("train.iters", "float_iters"),
        ("train.learns", "raised"),
        ("pkl.opens", "pkl.keys"),
        ("pkl.opens", "pkl.type"),
        ("pkl.opens", "pkl.unreadable"),
        ("pkl.accuracy", "pkl.accuracy"),
        ("pdf.derivations", "pdf.unreadable"),
        ("code.comments", "comments.none"),
        ("pdf.curves", "an id that is new"),
    ],
)
def test_what_is_said_in_class_holds_nothing_of_a_student(rubric, check, mistake):
    rows = [row(rubric, name, {check: (mistake, "It raised SECRET.\n  SECRET", "SECRET")}) for name in ("one", "two")]
    page = Page(class_page(rubric, rows, {}))
    assert "SECRET" not in page.text
    question = rubric.questions[rubric.checks[check].question]
    (head,) = page.all("h3")
    assert head["text"] == f"{question.number} {question.title}: 2 students"
    assert len(page.all("li")) == 3  # the mistake, and who made it
    if mistake not in ("missing", "signature"):
        assert rubric.checks[check].told in page.one_line()


def test_common_mistakes(page):
    heads = [e["text"] for e in page.all("h3")]
    assert heads == [
        "Q1.1 sigmoid: 2 students",  # the most common first
        "Q1.4 loss: 1 student",
        "Q2 derivations in the PDF: 1 student",
    ]
    said = page.one_line()[page.one_line().index("Common mistakes") :]
    assert TANH in said and "For the same reason" not in said and "SECRET" not in said
    assert "Did not load: 1 Unloaded: There is no function SECRET" in page.one_line()
    assert "Nothing handed in, or nothing to grade: 1 Nobody: nothing handed in" in page.one_line()
    assert "The grader failed: 2 Broken: Q4: SECRET RuntimeError" in page.one_line()


def test_a_student_is_told_what_was_lost_and_why(rubric, small_class):
    text = Page(student_page(rubric, small_class[3], "python -m autograder s4 --seed 7")).one_line()
    lost = text[text.index("What was lost, and why") : text.index("How it was read")]
    assert lost.index("Q1.1 sigmoid −3 points") < lost.index(TANH) < lost.index("print(sigmoid(np.array([1.0])))")
    assert lost.index("Q1.4 loss −4 points") < lost.index("x.py, line 3: SECRET")
    assert "68 of 75" in text and "pending: a person decides 25" in text
    assert "order: gradients returns dW1, dW2, db1, db2, L (January's return line" in text
    assert text.endswith("To grade it again python -m autograder s4 --seed 7")
    assert "STAFF" not in text and "PRINTED" not in text


def test_a_call_is_shown_once(rubric):
    wrong = {
        f"update.{name}": (f"of {name}", f"{name} is wrong.", f"f(1) returned {name} = 2") for name in ("W1", "b1")
    }
    text = Page(student_page(rubric, row(rubric, "s", wrong), "")).one_line()
    assert text.count("print(f(1))") == 1
    assert text.index("print(f(1)) It returned W1 = 2.") < text.index("b1 is wrong. The same call returned b1 = 2.")


def test_a_persons_marks_are_on_the_page(rubric, small_class):
    text = Page(student_page(rubric, small_class[4], "")).one_line()
    assert "77.5 of 78" in text  # 75 and 2.5 of 3; 20 have nothing to judge, 2 are pending
    assert "Q5.3 curves, examples and comments −0.5 points" in text
    assert "Q2 derivations in the PDF −20 points derivations, with their steps There is no PDF." in text
    assert "A person decides on 2 points:" in text
    corrected = row(rubric, "s", {"sigmoid.values": ("raised", "It raised.", "")}, {"sigmoid.values": Mark(3, "fine")})
    assert "What was lost, and why Nothing." in Page(student_page(rubric, corrected, "")).one_line()


@pytest.mark.parametrize(
    "which, said",
    [(7, "Nothing handed in."), (8, "The grader failed. That is no fault of this submission."), (9, "Not graded yet.")],
)
def test_a_student_without_a_report_is_told_why(rubric, small_class, which, said):
    assert said in Page(student_page(rubric, small_class[which], "")).one_line()


def test_the_functions_of_a_file_that_did_not_load_are_one_cause(rubric, small_class):
    text = Page(student_page(rubric, small_class[5], "")).one_line()
    assert f"{', '.join(FUNCTIONS)} −65 points There is no function SECRET in assignment2.py." in text


def test_a_pasted_call_fails_as_the_page_says(rubric, tmp_path):
    source = edited(SOURCES["handout"], ("    return np.where(x >= 0, 1, e) / (1 + e)\n", "    return np.tanh(x)\n"))
    with Sandbox() as sandbox:
        report = grade_source(source, sandbox, tmp_path, only=("Q1.1",), seed=1)
    found = Page(student_page(rubric, Row(Entry("s", tmp_path), report), ""))
    (code,) = (e["text"] for e in found.all("pre") if "import numpy" in e["text"])
    scope, printed = {}, []
    exec(compile(source, "assignment2.py", "exec"), scope)
    pasted = code.replace("from assignment2 import sigmoid", "")
    exec(pasted, {"sigmoid": scope["sigmoid"], "print": printed.append})
    returned = found.one_line().split("It returned ")[1].split("], shape")[0].strip("[ ").split(", ")
    assert [float(number) for number in returned] == pytest.approx(printed[0], abs=1e-4)  # four digits are shown


# ---- In a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(rubric, small_class, tmp_path_factory):
    """The pages of the class in a folder, as they are written."""
    folder = tmp_path_factory.mktemp("out")
    (folder / "students").mkdir()
    (folder / "summary.html").write_text(class_page(rubric, small_class, {"graded": EVIL}, 3), encoding="utf-8")
    for each in small_class:
        (folder / "students" / f"{each.entry.name}.html").write_text(student_page(rubric, each, EVIL), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, files):
    browser.get((files / "summary.html").as_uri())
    return browser


def names(browser):
    """The rows that are shown, by the names of their entries, from top to bottom."""
    shown = "return [...document.querySelectorAll('#everyone tbody tr')].filter((row) => row.checkVisibility())"
    links = browser.execute_script(f"{shown}.map((row) => row.querySelector('a').getAttribute('href'))")
    return [unquote(link).removeprefix("students/").removesuffix(".html") for link in links]


def test_the_table_sorts_by_click_and_by_key(opened):
    from selenium.webdriver.common.keys import Keys

    total = opened.find_element("xpath", "//table[@id='everyone']//th[contains(., 'total')]")
    button = total.find_element("tag name", "button")
    button.click()
    assert total.get_attribute("aria-sort") == "ascending"
    ungraded = ["a #1?%20 é.zip", "s10", "x" * 120]
    assert names(opened) == ["s6", "s4", "s3", "s1", "s7", "s2", "s5", *ungraded]  # 10, 68, 72, 75 three times, 77.5
    button.send_keys(Keys.ENTER)
    assert total.get_attribute("aria-sort") == "descending"
    assert names(opened) == ["s5", "s1", "s7", "s2", "s3", "s4", "s6", *ungraded]
    assert len(opened.find_elements("css selector", "[aria-sort]")) == 1


def choose(browser, control, value):
    browser.execute_script(
        "const control = document.getElementById(arguments[0]); control.value = arguments[1];"
        "control.dispatchEvent(new Event('input', { bubbles: true }))",
        control,
        value,
    )


@pytest.mark.parametrize(
    "control, value, wanted",
    [
        ("show", "full", {"s1", "s2"}),
        ("show", "lost", {"s3", "s4", "s5"}),
        ("show", "unloaded", {"s6"}),
        ("show", "nothing", {"a #1?%20 é.zip"}),
        ("show", "failed", {"s7", "x" * 120}),
        ("show", "waiting", {"s10"}),
        ("show", "late", {"s2", "a #1?%20 é.zip"}),
        ("show", "pending", {"s1", "s2", "s3", "s4", "s5", "s6", "s7"}),
        ("edition", "mixed", {"s3"}),
        ("search", "nandu jose", {"s2"}),
        ("search", "ADA love", {"s1"}),
        ("search", "333", {"s3"}),
        ("search", "pepe@", {"s2"}),
        ("search", "nobody else", set()),
    ],
)
def test_the_table_is_filtered_and_searched(opened, control, value, wanted):
    choose(opened, control, value)
    assert set(names(opened)) == wanted
    assert opened.find_element("id", "count").text == f"{len(wanted)} of 10 shown"
    choose(opened, control, "")
    assert len(names(opened)) == 10


def test_a_link_opens_the_students_page(opened):
    opened.find_element("partial link text", "Nobody").click()
    assert opened.title == "Assignment 2: Nobody" and "Nothing handed in." in opened.page_source


def emulate(browser, media="", scheme="light"):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


SHOWN = ("summary", "students/s4", "students/" + "x" * 120)


def test_axe_finds_nothing_and_no_script_of_a_student_runs(browser, files):
    axe = (resources.files("selenium_axe_python") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    paper = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 24, 27)"}
    for name in SHOWN:
        browser.get((files / f"{name}.html").as_uri())
        assert not browser.get_log("browser")  # no error, and nothing that the policy refused
        assert browser.execute_script("return window.pwned") is None
        browser.execute_script(axe)
        for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):  # the colours alone differ
            emulate(browser, scheme=scheme)
            assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == paper[scheme]
            options = {"preload": False, "resultTypes": ["violations"], **rules}  # the pages load nothing
            found = browser.execute_async_script("axe.run(arguments[0]).then(arguments[1])", options)
            assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [], (name, scheme)
            assert found["passes"]  # it has looked


def test_a_phone_scrolls_in_one_direction_and_paper_has_no_controls(browser, files):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    for name in SHOWN:
        browser.get((files / f"{name}.html").as_uri())
        wide, seen = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen == 390, name
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get((files / "summary.html").as_uri())
    controls = "return document.getElementById('controls').checkVisibility()"
    assert browser.execute_script(controls)
    emulate(browser, media="print")
    assert not browser.execute_script(controls)
    emulate(browser)
