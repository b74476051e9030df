"""What a futures account shows: asset, positions, statistics, trades.

Two profits are told apart. Position profit and, by default, close profit count from the
cost, which settlement re-bases; floating profit counts from the opening price.

Ours, because no source fixes it: `market_value` of the asset is the margin in use;
`profit_rate` is floating profit over opening cost; `assest_weight` is the position's
value over the account's equity, `margin_ratio` its share of the margin in use (each
position at its own margin); the profit of the day "by settlement" is close profit plus
position profit, and "by close" the same with overnight lots counted from the previous
close; `hedge_flag` is 49, speculation.
"""

from __future__ import annotations

from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.futures import Future, FuturesTerms
from xtnb.terminal.accounts.futures_orders import FutureOrder
from xtnb.terminal.ledgers.futures import FuturesLedger, Side
from xtnb.terminal.market import Market
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.records import XtAsset, XtPosition, XtTrade

_SPECULATION = 49


class FuturesRecords:
    """The records of one account, made from its ledger and the market."""

    __slots__ = ("_account_id", "_closes", "_ledger", "_market", "_terms", "_trades")

    def __init__(
        self, account_id: str, ledger: FuturesLedger, market: Market, terms: FuturesTerms
    ) -> None:
        self._account_id = account_id
        self._ledger = ledger
        self._market = market
        self._terms = terms
        self._trades: list[XtTrade] = []
        self._closes: dict[str, int] = {}

    def asset(self) -> XtAsset:
        """The account's money now."""
        ledger = self._ledger
        equity, used, held = ledger.equity, ledger.used, ledger.held
        available = equity - used - held
        return XtAsset(
            self._account_id,
            available / 10_000,
            held / 10_000,
            used / 10_000,
            equity / 10_000,
            max(0, min(available, ledger.balance - used - held)) / 10_000,
            c.FUTURE_ACCOUNT,
        )

    def positions(self, code: str = "") -> list[XtPosition]:
        """What is held or was traded today, of one contract or of all; long and short apart."""
        return [
            self.position(side)
            for side in self._ledger.sides.values()
            if (side.volume or side.fills) and code in ("", side.code)
        ]

    def position(self, side: Side) -> XtPosition:
        """One side now."""
        volume, unit = side.volume, side.unit
        closable = side.free_today + side.free_past
        cost, open_cost, float_profit = side.cost, side.open_cost, side.float_profit
        return XtPosition(
            self._account_id,
            side.code,
            volume,
            closable,
            _price(open_cost, volume * unit),
            side.value / 10_000,
            volume - closable,
            0,
            side.past,
            _price(cost, volume * unit),
            _direction(side),
            side.mark.last / 10_000,
            _share(float_profit, open_cost),
            "",
            self._market.instruments[side.code].name,
            float_profit / 10_000,
            side.opened,
            side.profit / 10_000,
            c.FUTURE_ACCOUNT,
        )

    def statistics(self) -> list[XtPositionStatistics]:
        """One row for each side that is held, was traded today, or has orders."""
        ledger = self._ledger
        equity = ledger.equity
        margins = sum(side.margin for side in ledger.sides.values())
        return [
            self._statistics(side, equity, margins)
            for side in ledger.sides.values()
            if side.volume or side.fills or side.cancels or side.held_margin
        ]

    def _statistics(self, side: Side, equity: int, margins: int) -> XtPositionStatistics:
        future = self._market.instruments[side.code]
        assert isinstance(future, Future), "a futures account holds futures only"
        product, exchange = future.product, future.product.exchange
        settled = self._market.prev_close(side.code)
        close = self._closes.get(side.code, settled)
        volume, unit, last = side.volume, side.unit, side.mark.last
        cost, open_cost, float_profit = side.cost, side.open_cost, side.float_profit
        of_day = side.close_profit + side.profit
        by_close = of_day + (settled - close) * side.at_open * unit * side.sign
        by_opening = self._terms.close_profit_by == "opening"
        return XtPositionStatistics(
            account_id=self._account_id,
            exchange_id=exchange.market,
            exchange_name=exchange.zh,
            product_id=product.id,
            instrument_id=side.code.rpartition(".")[0],
            instrument_name=future.name,
            direction=_direction(side),
            hedge_flag=_SPECULATION,
            position=volume,
            yesterday_position=side.past,
            today_position=side.today,
            can_close_vol=side.free_today + side.free_past,
            position_cost=cost / 10_000,
            avg_price=_price(cost, volume * unit),
            position_profit=side.profit / 10_000,
            float_profit=float_profit / 10_000,
            open_price=_price(open_cost, volume * unit),
            used_margin=side.margin / 10_000,
            used_commission=side.fees / 10_000,
            frozen_margin=side.held_margin / 10_000,
            frozen_commission=side.held_fees / 10_000,
            instrument_value=side.value / 10_000,
            open_times=side.opened_times,
            open_volume=side.opened_volume,
            cancel_times=side.cancels,
            last_price=last / 10_000,
            rise_ratio=last / close - 1,
            product_name=product.name,
            royalty=0.0,
            expire_date=f"{future.expiry:%Y%m%d}",
            assest_weight=_share(side.value, equity),
            increase_by_settlement=last / settled - 1,
            margin_ratio=_share(side.margin, margins),
            float_profit_divide_by_used_margin=_share(float_profit, side.margin),
            float_profit_divide_by_balance=_share(float_profit, equity),
            today_profit_loss=of_day / 10_000,
            yesterday_init_position=side.at_open,
            frozen_royalty=0.0,
            today_close_profit_loss=by_close / 10_000,
            close_profit=(side.close_profit_by_opening if by_opening else side.close_profit)
            / 10_000,
            ft_product_name=product.name,
            open_cost=open_cost / 10_000,
        )

    def trade(
        self, order: FutureOrder, number: int, price: int, volume: int, fee: int, at: int
    ) -> XtTrade:
        """Record one fill; the list keeps the record that is returned."""
        fixed = order.fixed
        facts: dict[str, Any] = {
            "account_id": self._account_id,
            "stock_code": fixed["stock_code"],
            "order_type": fixed["order_type"],
            "traded_id": f"{number:012d}",
            "traded_time": at,
            "traded_price": price / 10_000,
            "traded_volume": volume,
            "traded_amount": price * volume * order.side.unit / 10_000,
            "order_id": order.id,
            "order_sysid": order.sysid,
            "strategy_name": fixed["strategy_name"],
            "order_remark": fixed["order_remark"],
            "direction": fixed["direction"],
            "offset_flag": fixed["offset_flag"],
            "commission": fee / 10_000,
            "secu_account": fixed["secu_account"],
            "instrument_name": fixed["instrument_name"],
            "account_type": c.FUTURE_ACCOUNT,
        }
        self._trades.append(XtTrade(**facts))
        return XtTrade(**facts)

    def trades(self) -> list[XtTrade]:
        """The day's fills; each is the same object at every call."""
        return list(self._trades)

    def forget_trades(self) -> None:
        """Start a new day."""
        self._trades.clear()

    def keep_closes(self) -> None:
        """Remember the day's last prices, which tomorrow's change counts from."""
        self._closes = {
            code: self._market.last_price(code)
            for code, listed in self._market.instruments.items()
            if isinstance(listed, Future)
        }


def _direction(side: Side) -> int:
    return c.DIRECTION_FLAG_LONG if side.long else c.DIRECTION_FLAG_SHORT


def _price(amount: int, count: int) -> float:
    return amount / (count * 10_000) if count else 0.0


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
