"""The cells of notebook/walkthrough.py, one text from which two notebooks are made: the solution's and the student's.

The text is in Jupytext's percent format: `# %%` begins a cell, `# %% [markdown]` one of prose. The tag "solution" or
"student" keeps a cell to one of the two notebooks. A cell with the tag "active-ipynb" is code in the notebook and a
comment in the text, so that the text runs as a script; and so is a line that begins with %. Jupytext reads it alike.
Lines that switch the formatter off and on, `# fmt:`, stay in the text.
"""

import json
import re
from pathlib import Path

TEXT = Path(__file__).resolve().parents[1] / "notebook" / "walkthrough.py"


def notebook(edition):
    """The text of the notebook "solution" or "student", not executed, in the notebook format 4.5."""
    cells = []
    for block in re.split(r"^# %%", TEXT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, source = block.partition("\n")
        tags = set(re.findall(r'"([\w-]+)"', head))
        if tags & {"solution", "student"} - {edition}:
            continue
        prose = "[markdown]" in head
        comment = "^# ?" if prose or "active-ipynb" in tags else "^# (?=%)"
        source = re.sub(rf"^# fmt: .*\n|{comment}", "", source, flags=re.MULTILINE).strip("\n")
        cell = {"cell_type": "markdown" if prose else "code", "id": f"cell-{len(cells) + 1:02}", "metadata": {}}
        cell["source"] = source.splitlines(keepends=True)
        cells.append(cell if prose else cell | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
