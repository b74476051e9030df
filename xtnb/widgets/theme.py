"""Colours of what plotly draws: those of widgets/src/desk/look.css, fit for any page.

Grounds are transparent and texts a grey that reads on white and on black, so that
one figure fits a light and a dark notebook.
"""

from __future__ import annotations

from typing import Any

RED = "#d9434e"
GREEN = "#1f9d70"
AVERAGE = "#c98a00"
ACCENT = "#5b8fcf"
WARN = "#b27d14"
TEXT = "#7d8792"
GRID = "rgba(127,138,153,0.22)"

FONT = (
    "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei UI', "
    "'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
)


def colours(up: str) -> tuple[str, str]:
    """The colours of a rise and of a fall, so of a buy and of a sale.

    Args:
        up: `xtnb.options.up`, "red" or "green".
    """
    return (RED, GREEN) if up == "red" else (GREEN, RED)


def dressed(figure: Any, title: str) -> None:
    """Give a plotly figure our ground, type and grid, and a title."""
    figure.update_layout(
        title={"text": title, "font": {"size": 14}, "x": 0, "xref": "paper", "xanchor": "left"},
        font={"family": FONT, "size": 12, "color": TEXT},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 44, "b": 32},
        hoverlabel={"font": {"family": FONT}},
    )
    figure.update_xaxes(gridcolor=GRID, zerolinecolor=GRID, linecolor=GRID)
    figure.update_yaxes(gridcolor=GRID, zerolinecolor=GRID, linecolor=GRID)
