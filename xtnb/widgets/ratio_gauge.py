"""RatioGauge: the maintenance ratio of a margin account, between the lines that matter.

plotly, because it is looked at rather than watched: drawn anew at most twice a second,
and only when the figure has moved.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import plotly.graph_objects as go

from xtnb.live.coalesce import frames
from xtnb.live.store import Rows
from xtnb.rules.collateral import CreditSettings
from xtnb.vocabulary.credit import XtCreditDetail
from xtnb.vocabulary.options import options
from xtnb.widgets.halt import Halt
from xtnb.widgets.moment import as_of
from xtnb.widgets.needs import Books
from xtnb.widgets.remains import Remains
from xtnb.widgets.theme import ACCENT, GREEN, RED, dressed

SECONDS = 0.5  # the shortest time between two pictures: plotly draws slowly
WIDTH, HEIGHT = 420, 260
MOST = 500.0  # per cent, at the end of the scale; a ratio beyond it is shown in figures


class CreditFigures(Protocol):
    """The books of a margin account, as far as the gauge reads them."""

    @property
    def detail(self) -> Rows:
        """XtCreditDetail: one row, none before it was told."""
        ...


class RatioGauge(Remains, go.FigureWidget):  # type: ignore[misc]
    """The maintenance ratio in per cent. 维持担保比例

    The kernel owns the figure; nothing comes back from the browser. The lines are those
    of data/credit.json: nothing can be withdrawn below the first, nothing borrowed below
    the second, and below the third the account is closed out.

    Args:
        credit: whatever has a `detail`.
        books: whose link it follows.
    """

    def __init__(self, credit: CreditFigures, books: Books) -> None:
        super().__init__(_drawn(_detail(credit)))
        self.layout.width = WIDTH
        self._credit = credit
        self._over = self._leaving = self._waiting = False
        self._shown: object = None
        self._slot = frames.register(self._flush, "RatioGauge")
        self._halt = Halt(books, self._touch)
        self._ends = [
            self._slot.close,
            self._halt.close,
            credit.detail.on_change(self._touch),
            options.on_change(self._touch),
        ]
        self._touch()

    def __repr__(self) -> str:
        return "RatioGauge()"

    def figure(self) -> go.Figure:
        """The picture of this moment, as a plotly figure to save, annotate or print."""
        return _drawn(_detail(self._credit))

    @property
    def closed(self) -> bool:
        """Whether it has ended, or was never quite made."""
        return bool(getattr(self, "_over", True))

    def remains(self) -> dict[str, Any]:
        """The picture without a kernel; while there is one, the widget itself."""
        if not self._leaving:
            return {}
        figure = self.figure()
        figure.layout.title.text += f"<br><sub>{as_of(options.screen_language)}</sub>"
        return {"application/vnd.plotly.v1+json": json.loads(figure.to_json())}

    def refresh(self) -> None:
        """Draw the present state now."""
        detail = _detail(self._credit)
        ratio = detail.m_dPerAssurescaleValue if detail else None
        debt = detail.m_dTotalDebt if detail else None
        state = (ratio, debt, options.screen_language, self._halt.since)
        if state == self._shown:
            return
        self._shown = state
        picture = _drawn(detail)
        picture.layout.title.text += self._halt.title
        with self.batch_update():
            self.data[0].update(picture.data[0].to_plotly_json(), overwrite=False)
            self.layout.update(picture.layout.to_plotly_json())

    def close(self) -> None:
        """End it: no listener, frame or comm is left. May be called twice."""
        if self.closed:
            return
        self._leaving = True  # a notebook would prefer the picture to the widget
        self.leave()
        self._over = True
        for end in reversed(self._ends):
            end()
        super().close()

    def _touch(self, *_: Any) -> None:
        if not self._waiting:
            self._waiting = True
            self._slot.later(SECONDS)

    def _flush(self) -> None:
        self._waiting = False
        self.refresh()


def _detail(credit: CreditFigures) -> XtCreditDetail | None:
    records = credit.detail.records()
    return records[0] if records else None


def _drawn(detail: XtCreditDetail | None) -> go.Figure:
    zh = options.screen_language == "zh"
    lines = CreditSettings()
    close, warn, withdraw = (
        line / 100 for line in (lines.close_line, lines.warn_line, lines.withdraw_line)
    )
    owes = detail is not None and detail.m_dTotalDebt > 0
    ratio = detail.m_dPerAssurescaleValue if detail is not None and owes else None
    colour = ACCENT if ratio is None or ratio >= warn else RED  # danger is red, whatever a rise is
    gauge = {
        "axis": {"range": [0, MOST], "tickvals": [0, close, warn, withdraw, MOST], "tickangle": 0},
        "bar": {"color": colour, "thickness": 0.34},
        "borderwidth": 0,
        "steps": [
            {"range": [0, close], "color": _pale(RED, 0.45)},
            {"range": [close, warn], "color": _pale(RED, 0.22)},
            {"range": [warn, withdraw], "color": "rgba(128,128,128,0.16)"},
            {"range": [withdraw, MOST], "color": _pale(GREEN, 0.18)},
        ],
        "threshold": {"line": {"color": RED, "width": 3}, "thickness": 0.8, "value": close},
    }
    figure = go.Figure(
        go.Indicator(
            mode="gauge+number" if ratio is not None else "gauge",
            value=ratio if ratio is not None else 0,
            number={"suffix": " %", "valueformat": ",.1f"},
            gauge=gauge,
        )
    )
    name = "维持担保比例" if zh else "Maintenance ratio"
    state = "无负债" if zh else "no debt"
    if detail is None:
        state = "等待数据" if zh else "waiting"
    elif ratio is not None:
        state = _state(ratio, close, warn, withdraw, zh)
    dressed(figure, f"{name}  ·  <b>{state}</b>")
    figure.update_layout(height=HEIGHT, margin={"l": 36, "r": 36, "t": 56, "b": 16})
    return figure


def _state(ratio: float, close: float, warn: float, withdraw: float, zh: bool) -> str:
    if ratio < close:
        return "低于平仓线" if zh else "below the close-out line"
    if ratio < warn:
        return "低于警戒线" if zh else "below the warning line"
    if ratio < withdraw:
        return "不可提取" if zh else "nothing can be withdrawn"
    return "可提取" if zh else "above the withdraw line"


def _pale(colour: str, strength: float) -> str:
    red, green, blue = (int(colour.lstrip("#")[at : at + 2], 16) for at in (0, 2, 4))
    return f"rgba({red},{green},{blue},{strength})"
