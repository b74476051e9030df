"""Let programs that say `import xtquant` find xtnb, in this process.

`install()` puts a finder in front of the import system: `xtquant`,
`xtquant.xttrader`, `.xttype`, `.xtconstant`, `.xtdata` are then the modules of
xtnb, the very same objects, and `.xtdatacenter` is a module whose functions do
nothing, because the paper market needs no data service. Any other module of the
vendor's package is not found. `uninstall()` takes everything back.

Where the vendor's own package can be imported it stays in charge, unless forced.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from xtnb.errors import XtnbError

_NAME = "xtquant"
_OURS = {
    f"{_NAME}.xttrader": "xtnb.xttrader",
    f"{_NAME}.xttype": "xtnb.xttype",
    f"{_NAME}.xtconstant": "xtnb.xtconstant",
    f"{_NAME}.xtdata": "xtnb.xtdata",
}
_DATA_CENTER = f"{_NAME}.xtdatacenter"
_IDLE = (
    *("set_token", "set_data_home_dir", "set_config_dir", "set_allow_optmize_address"),
    *("set_wholequote_market_list", "set_future_realtime_mode", "set_init_markets"),
    *("set_kline_mirror_enabled", "set_kline_mirror_markets", "set_index_mirror_enabled"),
    *("set_index_mirror_markets", "set_kline_cutting_mode", "set_quote_time_mode_v2"),
    *("set_thousand_source_mode", "init", "shutdown"),
)
_INTERRUPTED = 130


def _idle(*arguments: Any, **options: Any) -> None:
    """Do nothing: the paper market needs no data service."""


def _listen(ip: str = "0.0.0.0", port: int | tuple[int, int] = 58610) -> tuple[str, int]:
    """Answer as if a data service listened there; nothing does."""
    return ip, port if isinstance(port, int) else port[0]


def _data_center() -> ModuleType:
    module = ModuleType(_DATA_CENTER, "Stands in for the vendor's data service; does nothing.")
    for name in _IDLE:
        setattr(module, name, _idle)
    module.__dict__["listen"] = _listen
    return module


def _package() -> ModuleType:
    module = ModuleType(_NAME, "xtnb under the vendor's name. See xtnb.alias.")
    module.__path__ = []
    return module


class _Alias(MetaPathFinder, Loader):
    """Finds and loads the modules of the vendor's package; itself both finder and loader."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == _NAME:
            return ModuleSpec(fullname, self, origin="xtnb", is_package=True)
        if fullname in _OURS or fullname == _DATA_CENTER:
            return ModuleSpec(fullname, self, origin="xtnb")
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name == _NAME:
            return _package()
        if spec.name == _DATA_CENTER:
            return _data_center()
        module = importlib.import_module(_OURS[spec.name])
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module has run already; give it back the spec that the import took away."""
        taken = module.__spec__
        if taken is not None and taken.name in self._specs:
            module.__spec__ = self._specs[taken.name]


_alias = _Alias()
_before: dict[str, ModuleType] = {}


def installed() -> bool:
    """Whether `import xtquant` finds xtnb."""
    return _alias in sys.meta_path


def install(force: bool = False) -> None:
    """Make `import xtquant` find xtnb, from now on and in this process only.

    Args:
        force: True does so even where the vendor's package is importable.

    Raises:
        XtnbError: the vendor's package is importable, and `force` is not set.
    """
    if installed():
        return
    if not force and (_NAME in sys.modules or find_spec(_NAME) is not None):
        raise XtnbError(
            "the vendor's xtquant is installed here, and `import xtquant` means it; "
            "xtnb.alias.install(force=True) puts xtnb in its place in this process"
        )
    _take_out(_before)
    sys.meta_path.insert(0, _alias)


def uninstall() -> None:
    """Take `install` back: `import xtquant` finds what it found before. Harmless when it is."""
    if not installed():
        return
    sys.meta_path.remove(_alias)
    _take_out({})
    sys.modules.update(_before)
    _before.clear()


def _take_out(kept: dict[str, ModuleType]) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == _NAME]:
        kept[name] = sys.modules.pop(name)


def run_script(path: str | os.PathLike[str], args: Sequence[str] = ()) -> int:
    """Run a program written for the vendor's package on xtnb, as `python path args` would.

    Args:
        path: the program.
        args: what it finds in `sys.argv[1:]`.

    Returns:
        0 when it came to its end, 130 when Ctrl+C ended it. Its own exit and
        its exceptions pass through.
    """
    script = os.fspath(path)
    argv, folder = sys.argv[:], os.path.dirname(os.path.abspath(script))
    was_installed = installed()
    install(force=True)
    sys.argv = [script, *args]
    sys.path.insert(0, folder)
    try:
        runpy.run_path(script, run_name="__main__")
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        sys.argv = argv
        sys.path.remove(folder)
        if not was_installed:
            uninstall()
    return 0
