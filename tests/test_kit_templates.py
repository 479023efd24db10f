"""The kit's templates for assignment2.pdf: the same questions and points, empty boxes, and the pages they give."""

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATES = PROJECT / "kit" / "templates"
KINDS = ("typ", "tex", "md")
INSTALL = "python -m pip install -r requirements-all.txt"
# What the handout asks for, in its order, and the letters of each formula as the three languages write them.
DERIVATIVES = ["L ŷ", "σ z", "ŷ W", "ŷ h", "ŷ b", "L W2", "L b2", "L W1", "L b1"]
LONG = 60  # paragraphs: more than two pages


def source(kind):
    return (TEMPLATES / f"assignment2.{kind}").read_text(encoding="utf-8")


def without_comments(kind):
    comment = {"typ": r"^//.*$|\s//.*$", "tex": r"%.*$", "md": r"(?s)<!--.*?-->"}[kind]
    return re.sub(comment, "", source(kind), flags=re.MULTILINE)


def headings(kind):
    """The headings' text, without the marks of the language."""
    pattern = {
        "typ": r"^=+ (.*)$",
        "tex": r"^\\(?:section\*|question|derivative)\{(.*)\}$",
        "md": r"^#+ (.*)$",
    }[kind]
    return re.findall(pattern, without_comments(kind), flags=re.MULTILINE)


def letters(formula):
    """ŷ, σ, L, W1, … of a formula, in order: `$\\partial L/\\partial W_1$` gives "L W1"."""
    formula = re.sub(r"\\hat y|hat\(y\)|\\hat\{y\}", "ŷ", formula)
    formula = re.sub(r"\\sigma|sigma", "σ", formula)
    formula = re.sub(r"\\partial|partial|\\pd|slash|dif|(?<![a-z])d(?=[σz])", " ", formula)
    return " ".join(re.findall(r"[ŷσLWhbz][0-9]?", formula.replace("_", "")))


@pytest.mark.parametrize("kind", KINDS)
def test_each_asks_what_the_handout_asks(kind):
    asked = [re.sub(r"#h\(0.4em\)|\\quad", "", heading) for heading in headings(kind)]
    formulas = [
        re.search(r"\$(.*)\$", heading)[1] for heading in asked if "$" in heading and "One layer" not in heading
    ]
    assert [letters(formula) for formula in formulas] == DERIVATIVES
    names = [re.match(r"Q2\.\d|Q\d", heading)[0] for heading in asked if heading.startswith("Q")]
    assert names == ["Q2", "Q2.1", "Q2.2", "Q2.3", "Q2.4", "Q5"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_points_are_those_that_a_person_gives(kind):
    rubric = (PROJECT / "autograder" / "rubric.md").read_text(encoding="utf-8")
    points = {name: int(n) for name, n in re.findall(r"^\| pdf\.(\w+) \| \S+ \| (\d+) \| person", rubric, re.MULTILINE)}
    given = {heading: int(n) for heading in headings(kind) for n in re.findall(r"\((\d+) points?\)", heading)}
    by_start = {
        start: n for heading, n in given.items() for start in ("Q2", "Q5", "Loss", "Exam") if heading.startswith(start)
    }
    assert by_start == {
        "Q2": points["derivations"],
        "Q5": points["curves"] + points["examples"],
        "Loss": points["curves"],
        "Exam": points["examples"],
    }


BOX = {
    "typ": r"#answer\([\d.]+in\)\[([^\]]*)\]",
    "tex": r"\\begin\{framed\}(.*?)\\end\{framed\}",
    "md": r"(?m)^> (.*)$",
}
EMPTY = {"typ": "", "tex": r"\\room\{[\d.]+in\}", "md": r"\.\.\."}


@pytest.mark.parametrize("kind", KINDS)
def test_every_box_is_empty(kind):
    boxes = re.findall(BOX[kind], without_comments(kind), flags=re.DOTALL if kind == "tex" else 0)
    assert len(boxes) == len(DERIVATIVES) + 3  # the training, the examples, the surface
    assert all(re.fullmatch(EMPTY[kind], box.strip()) for box in boxes)


@pytest.mark.parametrize("kind", KINDS)
def test_each_shows_the_two_plots_that_the_kit_draws(kind):
    for name in ("loss", "surface"):
        assert without_comments(kind).count(f"mine/{name}.png") == 1
    assert "check.py --train" in source(kind)


def test_the_markdown_is_whole():
    text = without_comments("md")
    front, _, body = text.removeprefix("---\n").partition("\n---\n")
    assert text.startswith("---\n") and front.count("```") == 4 and "framed" in front
    for paragraph in body.split("\n\n"):
        assert paragraph.count("$") % 2 == 0 and paragraph.count("{") == paragraph.count("}"), paragraph
        assert not paragraph.startswith("> ") or "\n" not in paragraph.strip()
    assert len(re.findall(r"^!\[.+\]\(mine/\w+\.png\)\{width=\d+%\}$", body, flags=re.MULTILINE)) == 2


# ---- Compiled ------------------------------------------------------------------------------------


def compile_typst(folder, text):
    typst = pytest.importorskip("typst", reason=f"needs typst: {INSTALL}")
    (folder / "assignment2.typ").write_text(text, encoding="utf-8")
    typst.compile(str(folder / "assignment2.typ"), output=str(folder / "assignment2.pdf"), ignore_system_fonts=True)


def compile_latex(folder, text):
    if (
        not shutil.which("pdflatex")
        or subprocess.run(["kpsewhich", "memoir.cls"], stdout=subprocess.DEVNULL).returncode
    ):
        pytest.skip("needs pdflatex with memoir: apt-get install texlive-latex-base texlive-latex-recommended")
    (folder / "assignment2.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "assignment2.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert run.returncode == 0, run.stdout[-2000:]


COMPILE = {"typ": compile_typst, "tex": compile_latex}


def pages(kind, folder, text):
    pypdf = pytest.importorskip("pypdf", reason=f"needs pypdf: {INSTALL}")
    COMPILE[kind](folder, text)
    return pypdf.PdfReader(folder / "assignment2.pdf").pages


def text_of(pages):
    return unicodedata.normalize("NFKC", "\n".join(page.extract_text() for page in pages))


@pytest.mark.parametrize("kind", COMPILE)
def test_the_blank_template(kind, tmp_path):
    made = pages(kind, tmp_path, source(kind))
    assert len(made) == 5 and not any(page.images for page in made)
    text = text_of(made)
    places = [
        text.index(piece)
        for piece in ("Name", "Login", "Q2.1", "Q2.2", "Q2.3", "Q2.4", "Q5", "mine/loss.png", "mine/surface.png")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("kind", COMPILE)
def test_a_filled_template(kind, tmp_path):
    """A name with an accent and quotes, work over three pages in the first box, and the two plots."""
    (tmp_path / "mine").mkdir()
    for name in ("loss", "surface"):
        shutil.copy(PROJECT / "pictures" / f"{name}.png", tmp_path / "mine")
    text = source(kind)
    work = "\n\n".join(["A step of my work, $a / b = c$, by a rule. " + "And why. " * 20] * LONG)
    if kind == "typ":
        text = text.replace("#let trained = false", "#let trained = true")
        text = text.replace('#let name = ""', '#let name = "Zoë O\'Hara"').replace("in)[\n]", f"in)[\n{work}\n]", 1)
    else:
        text = text.replace(r"\newcommand{\name}{}", r"\newcommand{\name}{Zoë O'Hara}")
        text = re.sub(r"\\room\{[\d.]+in\}", lambda _: work, text, count=1)
    made = pages(kind, tmp_path, text)
    read = text_of(made)
    assert "Hara" in read and read.count("A step of my work") == LONG and sum(len(page.images) for page in made) == 2
    within = [page for page in made[1:4] if "A step of my work" in page.extract_text()]
    assert len(within) >= 2
    for page in within:  # a frame from the left to the right, above and below, on every page
        assert len(wide_lines(page)) >= 2


def wide_lines(page):
    """The heights at which something straight is drawn over more than nine tenths of the text's width."""
    found, matrix, point = [], [np.eye(3)], None
    for operands, operator in content(page):
        numbers = [float(value) for value in operands if isinstance(value, (int, float))]
        if operator == b"q":
            matrix.append(matrix[-1])
        elif operator == b"Q":
            matrix.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = numbers
            matrix[-1] = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ matrix[-1]
        elif operator in (b"m", b"l", b"re"):
            x, y = numbers[:2]
            start = point if operator == b"l" else (x, y)
            end = (x + numbers[2], y + numbers[3]) if operator == b"re" else (x, y)
            (x1, y1, _), (x2, y2, _) = np.array([[*start, 1], [*end, 1]]) @ matrix[-1]
            if abs(x2 - x1) > 0.9 * 468 and abs(y2 - y1) < 2:  # 468 points: letter paper with margins of an inch
                found.append(round(y1))
            point = (x, y)
    return set(found)


def content(page):
    from pypdf.generic import ContentStream

    return ContentStream(page.get_contents(), page.pdf).operations
