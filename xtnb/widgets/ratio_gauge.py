"""RatioGauge: the maintenance ratio of a margin account, between the lines that matter."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Protocol

import plotly.graph_objects as go

from xtnb.errors import SessionError
from xtnb.live.store import Rows
from xtnb.rules.collateral import CreditSettings
from xtnb.vocabulary.credit import XtCreditDetail
from xtnb.vocabulary.options import options
from xtnb.widgets.needs import Books
from xtnb.widgets.picture import Picture
from xtnb.widgets.theme import ACCENT, GREEN, RED, dressed

WIDTH, HEIGHT = 420, 260
MOST = 500.0  # per cent, at the end of the scale; a ratio beyond it is shown in figures
_SHORTEST = 60.0  # per cent of the scale that is left above the highest line


class CreditFigures(Protocol):
    """The books of a margin account, as far as the gauge reads them."""

    @property
    def detail(self) -> Rows:
        """XtCreditDetail: one row, none before it was told."""
        ...


class AgreedLines(Protocol):
    """What the broker agrees with the account (live/agreed.py)."""

    @property
    def known(self) -> Any:
        """`CreditSettings` that were told last; None before that."""
        ...

    def renew(self) -> Any:
        """Ask the terminal now. Raises SessionError."""
        ...


class RatioGauge(Picture):
    """The maintenance ratio in per cent. 维持担保比例

    The lines are those that the broker agrees with the account: nothing can be withdrawn
    below the first, nothing borrowed below the second, and below the third the account is
    closed out.

    Args:
        credit: whatever has a `detail`.
        books: whose link it follows.
        agreed: the settings of the account; asked for now, and when the link is back.
    """

    def __init__(self, credit: CreditFigures, books: Books, agreed: AgreedLines) -> None:
        def state() -> object:
            detail = _detail(credit)
            told = None if detail is None else (detail.m_dPerAssurescaleValue, detail.m_dTotalDebt)
            return told, _lines(agreed)

        self._agreed = agreed
        self._ask()
        super().__init__(books, WIDTH, state, lambda: _drawn(_detail(credit), _lines(agreed)))
        self.ends(credit.detail.on_change(self.touch), books.on_back(self._ask))
        self.touch()

    def _ask(self) -> None:
        with suppress(SessionError):
            self._agreed.renew()


def _lines(agreed: AgreedLines) -> CreditSettings:
    known = agreed.known
    return known if isinstance(known, CreditSettings) else CreditSettings()


def _detail(credit: CreditFigures) -> XtCreditDetail | None:
    records = credit.detail.records()
    return records[0] if records else None


def _drawn(detail: XtCreditDetail | None, lines: CreditSettings) -> go.Figure:
    zh = options.screen_language == "zh"
    close, warn, withdraw = (
        line / 100 for line in (lines.close_line, lines.warn_line, lines.withdraw_line)
    )
    owes = detail is not None and detail.m_dTotalDebt > 0
    ratio = detail.m_dPerAssurescaleValue if detail is not None and owes else None
    colour = ACCENT if ratio is None or ratio >= warn else RED  # danger is red, whatever a rise is
    most = max(MOST, withdraw + _SHORTEST)
    gauge = {
        "axis": {"range": [0, most], "tickvals": [0, close, warn, withdraw, most], "tickangle": 0},
        "bar": {"color": colour, "thickness": 0.34},
        "borderwidth": 0,
        "steps": [
            {"range": [0, close], "color": _pale(RED, 0.45)},
            {"range": [close, warn], "color": _pale(RED, 0.22)},
            {"range": [warn, withdraw], "color": "rgba(128,128,128,0.16)"},
            {"range": [withdraw, most], "color": _pale(GREEN, 0.18)},
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
