"""PositionsChart: what the account holds, and what it has won with it."""

from __future__ import annotations

from typing import Any, NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from xtnb.vocabulary.options import options
from xtnb.widgets.marked import positions_now
from xtnb.widgets.needs import Books, Forget, WatchingDesk
from xtnb.widgets.picture import Picture
from xtnb.widgets.theme import ACCENT, colours, dressed

ROW = 34  # pixels a position
WIDTH = 860
FRAME = 96  # pixels for title and axes


class Holding(NamedTuple):
    """A position as it is drawn, marked to the last quote; yuan."""

    label: str
    value: float
    profit: float
    rate: float


def holdings(books: Books) -> list[Holding]:
    """The positions of an account, the largest last, as plotly stacks them upwards."""
    rows = []
    for held in positions_now(books):
        if held.volume > 0:
            label = f"{held.instrument_name} {held.stock_code}".strip()
            rows.append(Holding(label, held.market_value, held.float_profit, held.profit_rate))
    return sorted(rows, key=lambda row: (row.value, row.label))


class PositionsChart(Picture):
    """Market value and profit by position, the largest on top. 持仓图

    Args:
        desk: whatever has the methods of `WatchingDesk`.
    """

    def __init__(self, desk: WatchingDesk) -> None:
        books = desk.books
        super().__init__(books, WIDTH, lambda: holdings(books), lambda: _drawn(holdings(books)))
        self._books = books
        self._desk = desk
        self._watched: dict[str, Forget] = {}
        self.ends(
            self._forget,
            books.positions.on_change(self._held),
            books.quotes.on_change(self.touch),
        )
        self._held()

    def _held(self, *_: Any) -> None:
        """Have quotes of what is held."""
        for position in self._books.positions.records():
            code = position.stock_code
            if position.volume > 0 and code not in self._watched:
                self._watched[code] = self._desk.watch(code)
        self.touch()

    def _forget(self) -> None:
        while self._watched:
            self._watched.popitem()[1]()


def _drawn(rows: list[Holding]) -> go.Figure:
    zh = options.screen_language == "zh"
    up, down = colours(options.up)
    labels = [row.label for row in rows]
    value, profit = sum(row.value for row in rows), sum(row.profit for row in rows)
    words = ("市值", "浮动盈亏", "元") if zh else ("Market value", "Profit", "CNY")
    figure = make_subplots(
        rows=1, cols=2, shared_yaxes=True, column_widths=[0.56, 0.44], horizontal_spacing=0.04
    )
    common = {"y": labels, "orientation": "h", "textposition": "auto", "cliponaxis": False}
    figure.add_trace(
        go.Bar(
            x=[row.value for row in rows],
            text=[f"{row.value:,.0f}" for row in rows],
            marker={"color": ACCENT, "opacity": 0.85},
            hovertemplate=f"%{{y}}<br>{words[0]} %{{x:,.2f}} {words[2]}<extra></extra>",
            name=words[0],
            **common,
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Bar(
            x=[row.profit for row in rows],
            text=[f"{row.profit:+,.0f}  {row.rate:+.1%}" for row in rows],
            marker={"color": [up if row.profit >= 0 else down for row in rows], "opacity": 0.9},
            hovertemplate=f"%{{y}}<br>{words[1]} %{{x:+,.2f}} {words[2]}<extra></extra>",
            name=words[1],
            **common,
        ),
        row=1,
        col=2,
    )
    tone = up if profit >= 0 else down
    title = (
        f"{words[0]} <b>{value:,.2f}</b> {words[2]}  ·  "
        f'{words[1]} <b style="color:{tone}">{profit:+,.2f}</b>'
    )
    dressed(figure, title)
    figure.update_layout(
        height=FRAME + ROW * max(len(rows), 1), showlegend=False, bargap=0.34, barcornerradius=2
    )
    figure.update_layout(margin={"l": 130, "t": 44, "b": 44})
    figure.update_xaxes(title_text=f"{words[0]} ({words[2]})", row=1, col=1)
    figure.update_xaxes(title_text=f"{words[1]} ({words[2]})", zeroline=True, row=1, col=2)
    wins, losses = [max(row.profit, 0) for row in rows], [min(row.profit, 0) for row in rows]
    room = 0.45 * max(max(wins, default=0), -min(losses, default=0), 1.0)  # for the labels
    span = [min(losses, default=0) - room, max(wins, default=0) + room]
    figure.update_xaxes(range=span, row=1, col=2)
    figure.update_xaxes(nticks=5, title_font_size=11, tickfont_size=11)
    figure.update_yaxes(showgrid=False)
    return figure
