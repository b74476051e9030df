"""The form of the lessons; what they print is compared by nbval in the same run of pytest."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from tests.project import run_notebooks

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_of(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_a_lesson_is_executed_from_top_to_bottom_without_an_error(path):
    cells = code_of(path)

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert [o for cell in cells for o in cell.outputs if o.output_type == "error"] == []
    assert [o for cell in cells for o in cell.outputs if o.get("name") == "stderr"] == []


def test_a_lesson_opens_with_its_title_and_its_minutes_and_sets_up_one_desk(path):
    cells = nbformat.read(path, as_version=4).cells

    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert re.search(r"\d+ minutes", cells[0].source)
    assert "import xtnb" in cells[1].source
    assert "desk = xtnb.paper(seed=7" in cells[1].source


def test_a_lesson_closes_its_desk_and_says_where_to_go_next(path):
    cells = nbformat.read(path, as_version=4).cells

    assert "desk.close()" in cells[-2].source.splitlines()
    assert cells[-1].cell_type == "markdown"
    assert len(re.findall(r"\]\(", cells[-1].source)) == 2


def test_no_moment_of_the_wall_clock_is_saved(path):
    saved = [str(c.outputs) for c in code_of(path) if "paper" not in c.source]

    assert [m for text in saved for m in re.findall(r"\d\d:\d\d:\d\d", text)] == []


def test_a_code_cell_is_at_most_eight_lines(path):
    assert [c.source for c in code_of(path) if len(c.source.splitlines()) > 8] == []


def test_a_cell_that_shows_a_widget_is_tagged(path):
    for cell in filter(run_notebooks.shows_a_widget, code_of(path)):
        assert "nbval-ignore-output" in cell.metadata.get("tags", []), cell.source


def test_no_state_of_a_widget_and_no_time_of_execution_is_saved(path):
    notebook = nbformat.read(path, as_version=4)
    saved = path.read_text(encoding="utf-8")

    assert run_notebooks.WIDGET_STATE not in notebook.metadata
    assert run_notebooks.WIDGET_VIEW not in saved
    assert '"execution": {' not in saved
    assert run_notebooks.tidy(notebook) == nbformat.read(path, as_version=4)
