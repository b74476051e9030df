"""`import xtnb` names everything and loads nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import xtnb

HEAVY = ("pandas", "numpy", "ipywidgets", "plotly", "asyncio")


def loaded_by(statement: str) -> set[str]:
    """The names of all modules after a statement in a new interpreter."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import xtnb", "import xtnb.xttrader", "from xtnb import options"]
)
def test_an_import_loads_nothing_heavy(statement):
    assert loaded_by(statement).isdisjoint(HEAVY)


def test_a_desk_loads_no_widgets_until_it_shows_something():
    loaded = loaded_by("import xtnb; xtnb.paper(seed=1, clock='hand').close()")

    assert "pandas" in loaded
    assert loaded.isdisjoint({"ipywidgets", "plotly", "anywidget"})


def test_every_public_name_is_there():
    for name in xtnb.__all__:
        assert getattr(xtnb, name) is not None, name
    assert set(xtnb.__all__) <= set(dir(xtnb))
    assert xtnb.__version__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'papr'"):
        xtnb.papr  # noqa: B018
