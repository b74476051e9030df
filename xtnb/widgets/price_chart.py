"""PriceChart: the day's price and volume, with one's own orders and fills as marks."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from contextlib import suppress
from threading import RLock
from typing import Any

import traitlets as t

from xtnb.errors import InputError, NotConnected
from xtnb.rules.listed import unit_of
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote
from xtnb.widgets.actions import BUYING
from xtnb.widgets.assets import asset
from xtnb.widgets.forms import decimals
from xtnb.widgets.halt import Halt
from xtnb.widgets.minutes import Minutes, columns
from xtnb.widgets.needs import ChartDesk, Forget
from xtnb.widgets.remains import Remains, caption
from xtnb.widgets.sketch import WIDTH, sketch
from xtnb.widgets.tally import Tally
from xtnb.widgets.wire import Sections

KINDS = ("line", "candles")


class PriceChart(Remains, Sections):
    """The day's price and volume of one code, growing with the pushes. 分时图

    The kernel owns the data: a view gets all minutes when it opens, then those
    that changed, one message a frame. The browser owns zoom, position and the
    crosshair. `kind` is written by both.

    Args:
        desk: whatever has the methods of `ChartDesk`.
        code: the instrument.
        kind: "line" (分时, with the average price) or "candles" of one minute.
        height: pixels; 0 fills what surrounds it.

    Raises:
        Refused: an unknown code.
        InputError: another kind.
    """

    _esm = asset("price_chart.js")

    kind = t.Unicode("line").tag(sync=True)
    height = t.Int(360).tag(sync=True)

    def __init__(
        self, desk: ChartDesk, code: str, *, kind: str = "line", height: int = 360
    ) -> None:
        if kind not in KINDS:
            raise InputError("kind", kind, " or ".join(map(repr, KINDS)))
        desk.terms_of(code)
        super().__init__(kind=kind, height=height)
        self._desk = desk
        self._lock = RLock()
        self._code = ""
        self._minutes = Minutes()
        self._unwatch: Forget | None = None
        books = desk.books
        self._tally = Tally(books)
        self._halt = Halt(books, self.touch)
        self.ends(
            self._tally.close,
            self._halt.close,
            books.on_back(self._back),
            books.quotes.on_change(self._quoted),
            books.orders.on_change(self.touch),
            books.trades.on_change(self.touch),
            self._end_watch,
        )
        try:
            self.show(code)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"PriceChart({self._code!r})"

    def close(self) -> None:
        """End it; a drawing with the time stays behind. May be called twice."""
        if not self.closed:
            self.leave()
        super().close()

    def remains(self) -> dict[str, Any]:
        """The chart as a drawing."""
        head = self.sections()["head"]
        title = f"{head['name']} {self._code}"
        return {"text/html": f"<div>{caption(title)}<br>{self.drawing()}</div>"}

    def drawing(self) -> str:
        """The chart as an image element, 720 pixels wide."""
        shown = self.sections()
        head = shown["head"]
        svg = sketch(
            self._minutes.peek(),
            head["close"],
            head["decimals"],
            options.up,
            shown["orders"],
            shown["fills"],
        )
        data = b64encode(svg.encode()).decode()
        return f'<img width="{WIDTH}" alt="{self._code}" src="data:image/svg+xml;base64,{data}">'

    @property
    def code(self) -> str:
        """The instrument that is shown."""
        return self._code

    def show(self, code: str) -> None:
        """Show another instrument in the same place.

        Raises:
            Refused: an unknown code; the chart stays as it is.
        """
        terms = self._desk.terms_of(code)
        with self._lock:
            if code == self._code or self.closed:
                return
            self._end_watch()
            self._terms = terms
            minutes = Minutes(unit_of(terms.instrument))
            self._code, self._minutes = code, minutes
            self._unwatch = self._desk.watch(code)
            with suppress(NotConnected):  # `_back` asks when the link is back
                minutes.load(self._desk.day_bars(code))
            quote = self._desk.books.quotes.get(code)
            if isinstance(quote, Quote):
                minutes.add(quote)
        self.renew()

    def figure(self) -> Any:
        """The same data as a plotly figure, to save, annotate or print."""
        from xtnb.widgets.price_figure import price_figure  # plotly takes a while to load

        shown = self.sections()
        return price_figure(
            f"{shown['head']['name']} {self._code}",
            self._minutes.peek(),
            shown["head"]["close"],
            shown["orders"],
            shown["fills"],
            candles=self.kind == "candles",
        )

    def sections(self) -> dict[str, Any]:
        """What a view shows, but for the minutes, which travel on their own."""
        code = self._code
        quote = self._desk.books.quotes.get(code)
        close, last = (quote.last_close, quote.last_price) if isinstance(quote, Quote) else (0, 0)
        digits = decimals(self._terms)
        return {
            "head": {
                "code": code,
                "name": self._terms.instrument.name,
                "decimals": digits,
                "tick": 10**-digits,
                "close": close,
                "last": last,
                "stopped": self._halt.stamp,
            },
            "orders": self._orders(),
            "fills": self._fills(),
        }

    def extras(self, whole: bool) -> dict[str, Any]:
        """All minutes for a view that is new, else those that changed."""
        bars = self._minutes.all() if whole else self._minutes.changed()
        return {"bars": columns(bars)} if bars or whole else {}

    def _orders(self) -> list[dict[str, Any]]:
        """Working orders by side and price, as one line each."""
        left: dict[tuple[bool, float], int] = defaultdict(int)
        for order in self._tally.working(self._code):
            buy = order.order_type in BUYING
            left[buy, order.price] += order.order_volume - order.traded_volume
        return [
            {"buy": buy, "price": price, "left": volume}
            for (buy, price), volume in sorted(left.items())
            if volume > 0
        ]

    def _fills(self) -> list[dict[str, Any]]:
        """Own fills by minute and side, with their volume and average price."""
        return [
            {"time": minute, "buy": buy, "volume": shares, "price": money / shares}
            for minute, buy, shares, money in self._tally.fills(self._code)
        ]

    def _quoted(self, code: str, cells: dict[str, Any]) -> None:
        if code != self._code or not cells:
            return
        quote = self._desk.books.quotes.get(code)
        if isinstance(quote, Quote):
            self._minutes.add(quote)
            self.touch()

    def _back(self) -> None:
        """The link is back: the minutes in between are asked for."""
        with self._lock:
            if self.closed:
                return
            self._minutes.load(self._desk.day_bars(self._code))
        self.renew()

    def _end_watch(self) -> None:
        unwatch, self._unwatch = self._unwatch, None
        if unwatch is not None:
            unwatch()
