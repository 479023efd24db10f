"""Submissions that the grader is tested with: README.md says how one is written."""

import pickle
import zlib
from functools import lru_cache

import numpy as np

from autograder import grade


def grade_source(source, sandbox, folder, pkl=None, pdf=None, **options):
    """Grade the text `source` as assignment2.py, beside a good assignment2.pkl and assignment2.pdf.

    folder: an empty one. pkl, pdf: bytes in place of the good ones. options: of autograder.grade (seed, patience, ...).
    """
    (folder / "assignment2.py").write_text(source, encoding="utf-8")
    (folder / "assignment2.pkl").write_bytes(good_pickle() if pkl is None else pkl)
    (folder / "assignment2.pdf").write_bytes(good_pdf() if pdf is None else pdf)
    return grade(folder, sandbox=sandbox, **options)


def losing(report):
    """The questions that lost points, by number."""
    return {outcome.check.question for outcome in report.outcomes.values() if not outcome.passed}


@lru_cache
def good_pickle():
    """Parameters written by hand: one unit for 'more positive than negative', steep where counts are small."""
    W1 = np.array([[0.0, 0.02, -0.02], [0.0, 0.002, -0.002], [0.5, 0.0, 0.0]])
    return pickle.dumps({"W1": W1, "b1": np.zeros(3), "W2": np.array([[8.0, 4.0, 0.0]]), "b2": np.array([-6.0])})


@lru_cache
def good_pdf(words=8, strokes=200):
    """A page of text and a drawing of many strokes, written out object by object."""
    text = (
        b"BT /F1 12 Tf 50 750 Td ("
        + b"dL/dyhat = (yhat - y) / (yhat (1 - yhat)) / N, and so on. " * words
        + b") Tj ET\n"
    )
    curve = b"50 400 m\n" + b"".join(b"%d %d l\n" % (50 + 2 * k, 400 - k) for k in range(strokes)) + b"S\n"
    content = zlib.compress(text + curve)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content) + content + b"\nendstream",
    ]
    pdf, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(pdf))
        pdf += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % start for start in starts)
    return pdf + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(pdf)
