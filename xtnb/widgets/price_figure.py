"""A price chart as a plotly figure: what `PriceChart.figure` returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from xtnb.vocabulary.options import options
from xtnb.widgets.columns import SHANGHAI
from xtnb.widgets.minutes import Minute
from xtnb.widgets.moment import beijing
from xtnb.widgets.theme import AVERAGE, colours, dressed


def price_figure(
    title: str,
    bars: Sequence[Minute],
    close: float,
    orders: Sequence[dict[str, Any]],
    fills: Sequence[dict[str, Any]],
    *,
    candles: bool,
) -> go.Figure:
    """Price with own orders as lines and fills as triangles, and volume beneath.

    Args:
        title: what stands above.
        bars: minutes, oldest first.
        close: the previous close, yuan; 0.0 for none.
        orders, fills: as `PriceChart` shows them.
        candles: False draws the closes as a line, with the day's average price.
    """
    zh = options.screen_language == "zh"
    up, down = colours(options.up)
    times = [_moment(bar.time) for bar in bars]
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.03
    )
    for trace in _candles(bars, times, zh) if candles else _lines(bars, times, close, zh):
        figure.add_trace(trace, row=1, col=1)
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
    for order in orders:
        word = ("买" if zh else "Buy") if order["buy"] else ("卖" if zh else "Sell")
        figure.add_hline(
            y=order["price"],
            line={"color": up if order["buy"] else down, "dash": "dot", "width": 1},
            annotation_text=f"{word} {order['left']:,}",
            row=1,
            col=1,
        )
    for trace in _marks(fills, zh):
        figure.add_trace(trace, row=1, col=1)
    dressed(figure, title)
    figure.update_layout(showlegend=False, bargap=0.1)
    hover = beijing("%Y-%m-%d %H:%M", options.screen_language)
    figure.update_xaxes(rangeslider_visible=False, hoverformat=hover)
    figure.update_yaxes(title_text="元" if zh else "CNY", row=1, col=1)
    figure.update_yaxes(title_text="股" if zh else "shares", row=2, col=1)
    return figure


def _candles(bars: Sequence[Minute], times: list[datetime], zh: bool) -> list[Any]:
    up, down = colours(options.up)
    return [
        go.Candlestick(
            x=times,
            open=[bar.open for bar in bars],
            high=[bar.high for bar in bars],
            low=[bar.low for bar in bars],
            close=[bar.close for bar in bars],
            name="1分K" if zh else "1 min",
            increasing={"line": {"color": up}, "fillcolor": up},
            decreasing={"line": {"color": down}, "fillcolor": down},
        )
    ]


def _lines(bars: Sequence[Minute], times: list[datetime], close: float, zh: bool) -> list[Any]:
    up, down = colours(options.up)
    rose = not bars or bars[-1].close >= (close or bars[0].open)
    return [
        go.Scatter(
            x=times,
            y=[bar.close for bar in bars],
            name="价格" if zh else "price",
            line={"color": up if rose else down, "width": 1.6},
        ),
        go.Scatter(
            x=times,
            y=averages(bars),
            name="均价" if zh else "average",
            line={"color": AVERAGE, "width": 1},
        ),
    ]


def _marks(fills: Sequence[dict[str, Any]], zh: bool) -> list[Any]:
    up, down = colours(options.up)
    marks = []
    for buy, zh_word, en_word in ((True, "买入", "bought"), (False, "卖出", "sold")):
        mine = [fill for fill in fills if fill["buy"] == buy]
        if not mine:
            continue
        symbol, colour = ("triangle-up", up) if buy else ("triangle-down", down)
        marks.append(
            go.Scatter(
                x=[_moment(fill["time"]) for fill in mine],
                y=[fill["price"] for fill in mine],
                mode="markers",
                name=zh_word if zh else en_word,
                marker={"symbol": symbol, "size": 11, "color": colour},
                text=[f"{fill['volume']:,}" for fill in mine],
            )
        )
    return marks


def averages(bars: Sequence[Minute]) -> list[float]:
    """The day's average price up to each minute, yuan."""
    shares = money = 0.0
    found = []
    for bar in bars:
        shares += bar.volume
        money += bar.amount
        found.append(money / shares if shares else bar.close)
    return found


def _moment(seconds: float) -> datetime:
    """Shanghai's clock without a zone: plotly would move it to that of the browser."""
    return datetime.fromtimestamp(seconds, SHANGHAI).replace(tzinfo=None)
