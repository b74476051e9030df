"""Execute the notebooks from top to bottom and save them as they are committed.

Run: uv run python tests/project/run_notebooks.py [notebook]...     (all, unless named)

Outputs are kept; what differs from machine to machine or run to run is not:
times of execution, the patch version of Python, and the state of widgets, which
would hold the whole front end. A widget is saved as its one line of text; the
dated still that a live table leaves behind is not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent.parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "widgets"
SHOWS_A_WIDGET = ("desk.live.", "desk.ticket(", "desk.chart.", "desk.panel(")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def execute(path: Path) -> None:
    """Run one notebook in a fresh kernel and save it; raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    nbformat.write(tidy(notebook), path)
    # nbformat ends its lines as the system does; the repository has one way
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))


def tidy(notebook: Any) -> Any:
    """The notebook without what only this run knows; changed in place and returned."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
        if shows_a_widget(cell):
            for output in cell.outputs:
                if "data" in output:
                    output.data = {"text/plain": output.data["text/plain"]}
                    output.metadata = {}
    return notebook


def shows_a_widget(cell: Any) -> bool:
    """Whether the last line of a cell is a widget."""
    last = cell.source.splitlines()[-1:]
    return cell.cell_type == "code" and last != [] and last[0].startswith(SHOWS_A_WIDGET)


if __name__ == "__main__":
    named = [Path(argument) for argument in sys.argv[1:]]
    for notebook_path in named or sorted((ROOT / "notebooks").glob("*.ipynb")):
        execute(notebook_path)
        print(f"{notebook_path.name}: executed and saved")
