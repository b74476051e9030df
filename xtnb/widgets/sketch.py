"""A price chart as a drawing (SVG), for a page without a kernel or a script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from xtnb.widgets.columns import SHANGHAI
from xtnb.widgets.minutes import Minute
from xtnb.widgets.theme import TEXT, colours

WIDTH, HEIGHT = 720, 240
_RIGHT, _PRICES, _VOLUMES = WIDTH - 56, 168, 216
_LABEL = f'font-family="system-ui, sans-serif" font-size="11" fill="{TEXT}"'


def sketch(
    bars: Sequence[Minute],
    close: float,
    decimals: int,
    up: str,
    orders: Sequence[dict[str, Any]] = (),
    fills: Sequence[dict[str, Any]] = (),
) -> str:
    """The day's closes as a line, volumes beneath, orders as lines and fills as arrows.

    Args:
        bars: minutes, oldest first.
        close: the previous close, yuan; 0.0 for none.
        decimals: digits of a price.
        up: `xtnb.options.up`.
        orders, fills: as `PriceChart` shows them.
    """
    rise, fall = colours(up)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    if not bars:
        return f"{frame}</svg>"
    near = [order["price"] for order in orders if abs(order["price"] / bars[-1].close - 1) < 0.01]
    closes = [bar.close for bar in bars]
    low, high = min([*closes, *near]), max([*closes, *near])
    span = (high - low) or 10.0**-decimals
    most = max(bar.volume for bar in bars) or 1

    def across(at: float) -> float:
        return 4 + (_RIGHT - 8) * at / max(len(bars) - 1, 1)

    def down(price: float) -> float:
        return float(12 + (_PRICES - 24) * (1 - (price - low) / span))

    colour = rise if closes[-1] >= (close or closes[0]) else fall
    line = " ".join(f"{across(at):.1f},{down(price):.1f}" for at, price in enumerate(closes))
    parts = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>']
    if low <= close <= high:
        parts.append(_level(down(close), TEXT, "5 4"))
    for order in orders:
        if order["price"] in near:
            parts.append(_level(down(order["price"]), rise if order["buy"] else fall, "2 3"))
    for at, bar in enumerate(bars):
        tall = 40 * bar.volume / most
        tone = rise if bar.close >= bar.open else fall
        parts.append(
            f'<rect x="{across(at) - 0.5:.1f}" y="{_VOLUMES - tall:.1f}" width="1.4" '
            f'height="{tall:.1f}" fill="{tone}" opacity="0.5"/>'
        )
    places = {bar.time: at for at, bar in enumerate(bars)}
    for fill in fills:
        if fill["time"] in places:
            x, y = across(places[fill["time"]]), down(fill["price"])
            parts.append(_arrow(x, y, fill["buy"], rise if fill["buy"] else fall))
    for price in sorted({low, high, closes[-1]}):
        text = f"{price:,.{decimals}f}"
        parts.append(f'<text x="{_RIGHT + 6}" y="{down(price) + 4:.1f}" {_LABEL}>{text}</text>')
    for at in (0, len(bars) // 2, len(bars) - 1):
        stamp = datetime.fromtimestamp(bars[at].time, SHANGHAI).strftime("%H:%M")
        anchor = "start" if at == 0 else "end" if at == len(bars) - 1 else "middle"
        x = across(at)
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}" {_LABEL}>{stamp}</text>'
        )
    return frame + "".join(parts) + "</svg>"


def _level(y: float, colour: str, dashes: str) -> str:
    return (
        f'<line x1="0" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _arrow(x: float, y: float, buy: bool, colour: str) -> str:
    tip, base = (y + 4, y + 12) if buy else (y - 4, y - 12)
    return (
        f'<polygon points="{x:.1f},{tip:.1f} {x - 4:.1f},{base:.1f} {x + 4:.1f},{base:.1f}" '
        f'fill="{colour}"/>'
    )
