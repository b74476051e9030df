"""Execute the notebooks from top to bottom and save them as they are committed.

Run: uv run python tests/project/run_notebooks.py [notebook]...     (all, unless named)

Outputs are kept; what differs from machine to machine or run to run is not:
times of execution, the patch version of Python, and the state of widgets, which
would hold the whole front end. A widget is saved as its one line of text.
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
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/plain" in data:
                data.pop(WIDGET_VIEW, None)
    return notebook


if __name__ == "__main__":
    named = [Path(argument) for argument in sys.argv[1:]]
    for notebook_path in named or sorted((ROOT / "notebooks").glob("*.ipynb")):
        execute(notebook_path)
        print(f"{notebook_path.name}: executed and saved")
