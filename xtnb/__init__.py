"""xtnb: the XtQuant trading API as a Jupyter toolkit, with a paper terminal that runs anywhere.

    import xtnb

    desk = xtnb.paper(seed=7)
    desk.positions()

Importing this package imports nothing else: what it names is loaded when it is
first used, so that `import xtnb.xttrader` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Desk": "xtnb.desk",
    "connect": "xtnb.desk",
    "paper": "xtnb.desk",
    "enable_nested_loops": "xtnb.live.loop",
    "options": "xtnb.vocabulary.options",
    "StockAccount": "xtnb.vocabulary.records",
    "XtQuantTrader": "xtnb.session.trader",
    "XtQuantTraderCallback": "xtnb.session.callback",
}
_MODULES = ("alias", "errors", "xtconstant", "xtdata", "xttrader", "xttype")

__all__ = [
    "Desk",
    "StockAccount",
    "XtQuantTrader",
    "XtQuantTraderCallback",
    "alias",
    "connect",
    "enable_nested_loops",
    "errors",
    "options",
    "paper",
    "xtconstant",
    "xtdata",
    "xttrader",
    "xttype",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"xtnb.{name}")
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("xtnb")
    elif name in _NAMES:
        found = getattr(import_module(_NAMES[name]), name)
    else:
        raise AttributeError(f"module 'xtnb' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
