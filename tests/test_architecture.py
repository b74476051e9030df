"""The floors and the rules of ARCHITECTURE.md, read from the imports, and the reader itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import architecture

ROOT = Path(__file__).resolve().parent.parent


def test_the_house_is_in_order():
    assert architecture.violations(ROOT) == []


def test_every_floor_of_the_document_is_in_the_map():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]

    for part, floor in architecture.FLOORS.items():
        named = [row for row in rows if f"`{part}" in row]

        assert any(row.startswith(f"| {floor} |") for row in named), part


@pytest.mark.parametrize("folder", ["tests", "notebooks", "binder"])
def test_no_python_file_beside_the_package_is_long_or_named_after_nothing(folder):
    for path in (ROOT / folder).rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())

        assert lines <= architecture.MODULE_LINES, path
        assert path.stem not in architecture.FORBIDDEN_NAMES, path


def test_no_front_end_source_is_long_or_named_after_nothing():
    for path in (ROOT / "widgets" / "src").rglob("*.ts"):
        lines = len(path.read_text(encoding="utf-8").splitlines())

        assert lines <= architecture.MODULE_LINES, path
        assert path.stem.split(".")[0] not in architecture.FORBIDDEN_NAMES, path


def house(tmp_path: Path, **files: str) -> list[str]:
    """The faults of a small house: dotted module name (dots as __) -> source."""
    for name, source in {"__init__": "", **files}.items():
        path = tmp_path / "xtnb" / (name.replace("__in__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return architecture.violations(tmp_path)


GOOD = {
    "errors": "import math\n",
    "vocabulary__in____init__": "from xtnb import errors\n",
    "rules__in__day": "import datetime\nfrom random import Random\nr = Random(7)\n",
    "terminal__in__clock": "from datetime import datetime, time\nd = datetime(2026, 1, 1)\n",
    "link__in__base": "from .. import vocabulary\n",
    "live__in__loop": "import asyncio\nimport nest_asyncio\n",
    "frames__in__tables": "import pandas as pd\nimport numpy.typing\n",
    "endpoints": "from xtnb.terminal import clock\nfrom xtnb.link import base\n",
    "session__in__trader": "from xtnb.link.base import Link\nclass XtQuantTrader: ...\n",
    "desk": "from xtnb.session.trader import XtQuantTrader\nt = XtQuantTrader()\n",
    "alias": "def run():\n    from xtnb import desk\n",
    "cli": "import click\nfrom xtnb import alias\n",
}


def test_a_good_house_has_no_faults(tmp_path):
    assert house(tmp_path, **GOOD) == []


BAD = {
    "imports upwards": {"rules__in__day": "import xtnb.session.trader\n"},
    "imports upwards inside a function": {
        "rules__in__day": "def f():\n    from xtnb.session import trader\n"
    },
    "imports upwards for types only": {
        "rules__in__day": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from xtnb.session.trader import XtQuantTrader\n"
        )
    },
    "imports upwards by a relative name": {"rules__in__day": "from ..session import trader\n"},
    "imports the package's top": {"rules__in__day": "import xtnb\n"},
    "imports a part on the same floor": {"link__in__local": "from xtnb.terminal import engine\n"},
    "a part without a floor": {"extras": ""},
    "pandas outside frames": {"desk": "import pandas\n"},
    "pandas outside frames, deeper": {"desk": "from pandas.core import frame\n"},
    "plotly outside widgets": {"desk": "def f():\n    import plotly.graph_objects as go\n"},
    "ipywidgets outside widgets": {"live__in__store": "import ipywidgets\n"},
    "anywidget outside widgets": {"live__in__store": "import anywidget\n"},
    "nats outside link": {"endpoints": "import nats\n"},
    "nest_asyncio outside live/loop": {"live__in__store": "import nest_asyncio\n"},
    "asyncio outside live/loop": {"session__in__trader": "import asyncio\n"},
    "a library of nobody": {"desk": "import requests\n"},
    "session chooses a terminal": {"session__in__trader": "from xtnb.terminal import engine\n"},
    "session chooses a link": {"session__in__trader": "from xtnb.link.local import LocalLink\n"},
    "widgets make a trader": {
        "widgets__in__panel": "from xtnb.session import trader\nt = trader.XtQuantTrader()\n"
    },
    "live makes a trader": {
        "live__in__store": "from xtnb.session.trader import XtQuantTrader as X\n"
        "from xtnb.session.trader import XtQuantTrader\nt = XtQuantTrader.over(1, 2)\n"
    },
    "time in the terminal": {"terminal__in__clock": "import time\n"},
    "time in the rules": {"rules__in__day": "from time import monotonic\n"},
    "threads in the terminal": {"terminal__in__engine": "def f():\n    import threading\n"},
    "the wall clock in the terminal": {
        "terminal__in__clock": "import datetime\nx = datetime.datetime.now()\n"
    },
    "today in the rules": {"rules__in__day": "from datetime import date\nx = date.today()\n"},
    "chance without a seed": {"terminal__in__book": "import random\nx = random.random()\n"},
    "a function of random": {"terminal__in__book": "from random import choice\n"},
    "a generator without a seed": {
        "terminal__in__book": "from random import Random\nx = Random()\n"
    },
    "a long module": {"desk": "x = 1\n" * 501},
    "a long class": {"desk": "class A:\n" + "    x = 1\n" * 400},
    "a name that says nothing": {"rules__in__helpers": ""},
    "a folder that says nothing": {"rules__in__common__in__day": ""},
    "a circle in one part": {
        "rules__in__a": "from xtnb.rules import b\n",
        "rules__in__b": "def f():\n    from xtnb.rules.a import x\n",
    },
    "a circle of three": {
        "rules__in__a": "from xtnb.rules.b import x\n",
        "rules__in__b": "from . import c\n",
        "rules__in__c": "import xtnb.rules.a\n",
    },
    "a circle on the top floor": {
        "alias": "from xtnb import cli\n",
        "cli": "import xtnb.alias\n",
    },
}


@pytest.mark.parametrize("fault", BAD)
def test_the_reader_sees(fault, tmp_path):
    stage = {
        "session__in__trader": "class XtQuantTrader: ...\n",
        "terminal__in__engine": "",
        **BAD[fault],
    }

    found = house(tmp_path, **stage)

    assert len(found) >= 1
    assert all(line.startswith(("xtnb/", "circle: ")) for line in found)
