"""`import xtquant` finds xtnb where that was asked for, and nowhere else.

The vendor's package belongs to the test dependencies, so `install` meets it
here; tests without it run in a process that hides it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from xtnb import alias, xtconstant, xttrader, xttype
from xtnb.errors import XtnbError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def installed():
    alias.install(force=True)
    yield
    alias.uninstall()


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_where_the_vendor_s_package_is_importable_it_stays_in_charge():
    with pytest.raises(XtnbError, match="force=True"):
        alias.install()

    assert not alias.installed()


def test_the_modules_are_the_very_same_objects(installed):
    assert importlib.import_module("xtquant.xttrader") is xttrader
    assert importlib.import_module("xtquant.xttype") is xttype
    assert importlib.import_module("xtquant.xtconstant") is xtconstant


def test_every_form_of_import_works(installed):
    names = {}
    exec(
        "import xtquant\n"
        "import xtquant.xttrader\n"
        "from xtquant import xtconstant\n"
        "from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback\n"
        "from xtquant.xttype import StockAccount\n"
        "from xtquant.xtconstant import *\n",
        names,
    )

    assert names["XtQuantTrader"] is xttrader.XtQuantTrader
    assert names["STOCK_BUY"] == names["xtconstant"].STOCK_BUY == 23
    assert names["OPT_BUY"] == 18
    assert names["xtquant"].xttrader is xttrader


def test_our_own_modules_keep_their_identity(installed):
    importlib.import_module("xtquant.xttype")

    assert xttype.__name__ == "xtnb.xttype"
    assert xttype.__spec__.name == "xtnb.xttype"
    assert importlib.reload(xttype) is xttype


def test_the_data_center_does_nothing(installed):
    center = importlib.import_module("xtquant.xtdatacenter")

    assert center.set_token("abc") is None
    assert center.set_allow_optmize_address(["1.2.3.4:1"]) is None
    assert center.set_future_realtime_mode(True) is None
    assert center.init(False) is None
    assert center.listen(port=(58620, 58630)) == ("0.0.0.0", 58620)


def test_a_module_that_we_do_not_have_is_not_found(installed):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("xtquant.xtview")


def test_uninstall_gives_back_what_was_there():
    before = dict(sys.modules)
    alias.install(force=True)
    importlib.import_module("xtquant.xttype")

    alias.uninstall()
    alias.uninstall()

    assert not [name for name in sys.modules if name.startswith("xtquant")]
    assert {name: before[name] for name in before if "xtquant" in name} == {}


def test_where_the_vendor_s_package_is_absent_it_needs_no_force():
    said = run(
        """
        import sys
        from importlib.util import find_spec

        sys.path = [entry for entry in sys.path if "site-packages" not in entry]
        assert find_spec("xtquant") is None
        from xtnb import alias
        alias.install()
        from xtquant.xttype import StockAccount
        print(StockAccount("1"))
        """
    )

    assert said == "StockAccount('1', 'STOCK')"


def test_a_script_finds_its_arguments_its_folder_and_its_name(tmp_path, capsys):
    (tmp_path / "neighbour.py").write_text("WORD = '邻居'\n", encoding="utf-8")
    script = tmp_path / "策略.py"
    script.write_text(
        "import sys, neighbour\n"
        "from xtquant import xtconstant\n"
        "print(__name__, sys.argv, neighbour.WORD, xtconstant.STOCK_BUY)\n",
        encoding="utf-8",
    )
    argv, path = list(sys.argv), list(sys.path)

    assert alias.run_script(script, ["--fast", "1"]) == 0

    assert capsys.readouterr().out.strip() == (f"__main__ {[str(script), '--fast', '1']} 邻居 23")
    assert (sys.argv, sys.path) == (argv, path)
    assert not alias.installed()


def test_ctrl_c_ends_a_script_cleanly_and_other_ends_pass_through(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("raise KeyboardInterrupt", encoding="utf-8")
    assert alias.run_script(script) == 130

    script.write_text("import sys; sys.exit(3)", encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        alias.run_script(script)
    assert end.value.code == 3

    script.write_text("1 / 0", encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        alias.run_script(script)


def test_importing_the_api_is_light():
    said = run(
        """
        import sys
        import xtnb.xttrader, xtnb.xttype, xtnb.alias
        heavy = ("pandas", "numpy", "ipywidgets", "plotly", "asyncio", "socket", "requests")
        print([name for name in heavy if name in sys.modules])
        """
    )

    assert said == "[]"
