"""Small measures of the frames: weights, profit, turnover, cost.

Pure functions: a frame in, a series or a number out, nothing changed. Amounts are yuan.
All of them take an empty frame.
"""

from __future__ import annotations

import pandas as pd

from xtnb.frames.accessor import FrameMeaning
from xtnb.vocabulary.codes import OffsetFlag

BUY, SELL = int(OffsetFlag.OPEN), int(OffsetFlag.CLOSE)


def weights(positions: pd.DataFrame, total: float | None = None) -> pd.Series[float]:
    """Each position's share of the market value, or of `total` yuan; 0.25 is a quarter.

    Indexed by stock code. All zero where there is nothing to share.
    """
    values = positions.set_index("stock_code")["market_value"]
    whole = float(values.sum()) if total is None else total
    shares = values / whole if whole else values * 0.0
    return shares.rename("weight")


def profit(positions: pd.DataFrame) -> pd.Series[float]:
    """Market value less cost of each position, yuan, by stock code, the best first."""
    cost = positions["volume"] * positions["avg_price"]
    gain = (positions["market_value"] - cost).round(2)
    named = pd.Series(gain.to_numpy(), index=positions["stock_code"], name="profit")
    return named.sort_values(ascending=False, kind="stable")


def turnover(trades: pd.DataFrame) -> pd.Series[float]:
    """Yuan that changed hands: "buy", "sell" and "total"."""
    side = FrameMeaning(trades).codes("offset_flag")
    amounts = trades["traded_amount"]
    bought, sold = (round(float(amounts[side == flag].sum()), 2) for flag in (BUY, SELL))
    parts = {"buy": bought, "sell": sold, "total": round(bought + sold, 2)}
    return pd.Series(parts, name="turnover")


def cost(trades: pd.DataFrame) -> float:
    """All fees of these fills, yuan: commission, stamp duty and transfer fee."""
    return round(float(trades["commission"].sum()), 2)


def cash_flow(trades: pd.DataFrame) -> float:
    """What these fills did to cash, yuan: sales less buys less fees."""
    moved = turnover(trades)
    return round(float(moved["sell"] - moved["buy"]) - cost(trades), 2)


def fill_price(trades: pd.DataFrame) -> pd.Series[float]:
    """Average price of the fills of each order, yuan, weighted by volume, by order id."""
    sums = trades.groupby("order_id")[["traded_amount", "traded_volume"]].sum()
    return (sums["traded_amount"] / sums["traded_volume"]).round(4).rename("fill_price")
