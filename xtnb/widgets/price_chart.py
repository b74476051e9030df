"""PriceChart: the day's price and volume, with one's own orders and fills as marks."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from threading import RLock
from typing import Any

import plotly.graph_objects as go
import traitlets as t
from plotly.subplots import make_subplots

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.rules.instruments import find
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote
from xtnb.widgets.assets import asset
from xtnb.widgets.attempts import SHANGHAI
from xtnb.widgets.minutes import Minute, Minutes, columns
from xtnb.widgets.needs import ChartDesk, Forget
from xtnb.widgets.tally import Tally
from xtnb.widgets.theme import AVERAGE, colours, dressed
from xtnb.widgets.wire import Sections

KINDS = ("line", "candles")


def _averages(bars: list[Minute]) -> list[float]:
    """The day's average price up to each minute."""
    shares = money = 0.0
    averages = []
    for bar in bars:
        shares += bar.volume
        money += bar.amount
        averages.append(money / shares if shares else bar.close)
    return averages


class PriceChart(Sections):
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
        find(code)
        super().__init__(kind=kind, height=height)
        self._desk = desk
        self._lock = RLock()
        self._code = ""
        self._minutes = Minutes()
        self._unwatch: Forget | None = None
        books = desk.books
        self._tally = Tally(books)
        self.ends(
            self._tally.close,
            books.quotes.on_change(self._quoted),
            books.orders.on_change(self.touch),
            books.trades.on_change(self.touch),
            self._end_watch,
        )
        self.show(code)

    def __repr__(self) -> str:
        return f"PriceChart({self._code!r})"

    @property
    def code(self) -> str:
        """The instrument that is shown."""
        return self._code

    def show(self, code: str) -> None:
        """Show another instrument in the same place.

        Raises:
            Refused: an unknown code; the chart stays as it is.
        """
        find(code)
        with self._lock:
            if code == self._code or self.closed:
                return
            self._end_watch()
            minutes = Minutes()
            self._code, self._minutes = code, minutes
            self._unwatch = self._desk.watch(code)
            minutes.load(self._desk.day_bars(code))
            quote = self._desk.books.quotes.get(code)
            if isinstance(quote, Quote):
                minutes.add(quote)
        self.renew()

    def figure(self) -> go.Figure:
        """The same data as a plotly figure, to save, annotate or print."""
        with self._lock:
            code, bars = self._code, self._minutes.peek()
        up, down = colours(options.up)
        times = [datetime.fromtimestamp(bar.time, SHANGHAI).replace(tzinfo=None) for bar in bars]
        figure = make_subplots(
            rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.03
        )
        zh = options.language == "zh"
        closes = [bar.close for bar in bars]
        if self.kind == "candles":
            shapes = {"increasing": up, "decreasing": down}
            trace: Any = go.Candlestick(
                x=times,
                open=[bar.open for bar in bars],
                high=[bar.high for bar in bars],
                low=[bar.low for bar in bars],
                close=closes,
                name="1分K" if zh else "1 min",
                **{k: {"line": {"color": v}, "fillcolor": v} for k, v in shapes.items()},
            )
            figure.add_trace(trace, row=1, col=1)
        else:
            name = "价格" if zh else "price"
            line = {"color": up if self._change() >= 0 else down, "width": 1.6}
            figure.add_trace(go.Scatter(x=times, y=closes, name=name, line=line), row=1, col=1)
            figure.add_trace(
                go.Scatter(
                    x=times,
                    y=_averages(bars),
                    name="均价" if zh else "average",
                    line={"color": AVERAGE, "width": 1},
                ),
                row=1,
                col=1,
            )
        figure.add_trace(
            go.Bar(
                x=times,
                y=[bar.volume for bar in bars],
                name="成交量" if zh else "volume",
                marker={"color": [up if bar.close >= bar.open else down for bar in bars]},
            ),
            row=2,
            col=1,
        )
        self._mark(figure, zh)
        name = find(code).name
        dressed(figure, f"{name} {code}")
        figure.update_layout(showlegend=False, bargap=0.1)
        figure.update_xaxes(rangeslider_visible=False)
        figure.update_yaxes(title_text="元" if zh else "CNY", row=1, col=1)
        figure.update_yaxes(title_text="股" if zh else "shares", row=2, col=1)
        return figure

    def _mark(self, figure: go.Figure, zh: bool) -> None:
        colour = dict(zip((True, False), colours(options.up), strict=True))
        for order in self._orders():
            word = ("买" if zh else "Buy") if order["buy"] else ("卖" if zh else "Sell")
            figure.add_hline(
                y=order["price"],
                line={"color": colour[order["buy"]], "dash": "dot", "width": 1},
                annotation_text=f"{word} {order['left']:,}",
                row=1,
                col=1,
            )
        for buy in (True, False):
            fills = [fill for fill in self._fills() if fill["buy"] == buy]
            if not fills:
                continue
            stamps = [datetime.fromtimestamp(fill["time"], SHANGHAI) for fill in fills]
            symbol = "triangle-up" if buy else "triangle-down"
            figure.add_trace(
                go.Scatter(
                    x=[stamp.replace(tzinfo=None) for stamp in stamps],
                    y=[fill["price"] for fill in fills],
                    mode="markers",
                    name=("买入" if zh else "bought") if buy else ("卖出" if zh else "sold"),
                    marker={"symbol": symbol, "size": 11, "color": colour[buy]},
                    text=[f"{fill['volume']:,}" for fill in fills],
                ),
                row=1,
                col=1,
            )

    def sections(self) -> dict[str, Any]:
        """What a view shows, but for the minutes, which travel on their own."""
        code = self._code
        quote = self._desk.books.quotes.get(code)
        close, last = (quote.last_close, quote.last_price) if isinstance(quote, Quote) else (0, 0)
        instrument = find(code)
        decimals = 3 if instrument.kind == "etf" else 2
        return {
            "head": {
                "code": code,
                "name": instrument.name,
                "decimals": decimals,
                "tick": 10**-decimals,
                "close": close,
                "last": last,
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
            buy = order.order_type == c.STOCK_BUY
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

    def _change(self) -> float:
        quote = self._desk.books.quotes.get(self._code)
        return quote.last_price - quote.last_close if isinstance(quote, Quote) else 0.0

    def _quoted(self, code: str, cells: dict[str, Any]) -> None:
        if code != self._code or not cells:
            return
        quote = self._desk.books.quotes.get(code)
        if isinstance(quote, Quote):
            self._minutes.add(quote)
            self.touch()

    def _end_watch(self) -> None:
        unwatch, self._unwatch = self._unwatch, None
        if unwatch is not None:
            unwatch()
