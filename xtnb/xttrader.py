"""The API, under the vendor's module name: `from xtnb.xttrader import XtQuantTrader`."""

from __future__ import annotations

from xtnb.session.callback import XtQuantTraderCallback
from xtnb.session.trader import XtQuantTrader

__all__ = ["XtQuantTrader", "XtQuantTraderCallback"]
