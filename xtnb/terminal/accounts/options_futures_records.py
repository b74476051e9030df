"""What an account for options on futures shows, and its orders.

Direction 48 are rights, 49 obligations. Prices are per unit; market value is below 0
for obligations. The asset record is that of a futures account: equity without the
value of options. Ours where no source fixes it.
"""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.rules.options_futures import EXERCISE, FutureOptionDay, OptionPart
from xtnb.terminal.accounts.futures_orders import FutureOrder
from xtnb.terminal.accounts.futures_records import FuturesRecords
from xtnb.terminal.accounts.orders import Order
from xtnb.terminal.ledgers.futures import Side
from xtnb.terminal.ledgers.options_futures import FutureOptionSide
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.records import XtAsset, XtPosition, XtTrade

_KIND = c.FUTURE_OPTION_ACCOUNT
_SPECULATION = 49


class FutureOptionOrder(Order):
    """An order for an option on a future.

    Attributes:
        part: what it was judged to be; day: the contract.
        side: the position that it changes.
        takes: lots still to be closed, [today's, lots].
        held_each: what each lot that is left holds, 1e-4 yuan.
    """

    __slots__ = ("day", "held_each", "part", "side", "takes")

    day: FutureOptionDay
    held_each: int
    part: OptionPart
    side: FutureOptionSide
    takes: list[list[int]]

    @property
    def exercises(self) -> bool:
        """Whether it is an exercise."""
        return bool(self.fixed["order_type"] == EXERCISE)

    def hold(self, each: int) -> None:
        """Hold that much for each lot that is left, no matter what was held before."""
        now = each * (self.volume - self.traded if self.open else 0)
        self.side.held += now - self.held
        if self.buy and not self.exercises:
            self.side.held_premium += now - self.held
        self.held, self.held_each = now, each

    def take(self, volume: int) -> list[tuple[bool, int]]:
        """Which lots a fill closes, in their order."""
        taken = []
        for take in self.takes:
            lots = min(volume, take[1])
            if lots:
                take[1] -= lots
                volume -= lots
                taken.append((take[0] == 1, lots))
        return taken


class FutureOptionRecords(FuturesRecords):
    """The records of one account."""

    __slots__ = ()

    def asset(self) -> XtAsset:
        """The account's money now."""
        record = super().asset()
        record.account_type = _KIND
        return record

    def position(self, side: Side) -> XtPosition:
        """One side of a future now."""
        record = super().position(side)
        record.account_type = _KIND
        return record

    def trade(
        self, order: FutureOrder, number: int, price: int, volume: int, fee: int, at: int
    ) -> XtTrade:
        """Record one fill in a future."""
        record = super().trade(order, number, price, volume, fee, at)
        record.account_type = self._trades[-1].account_type = _KIND
        return record

    def keep_trade(self, record: XtTrade) -> None:
        """Add a fill in an option to the day's list."""
        self._trades.append(XtTrade(**vars(record)))

    def option_position(self, side: FutureOptionSide) -> XtPosition:
        """One side of an option now."""
        units = side.volume * side.unit * 10_000
        profit = side.profit
        return XtPosition(
            account_id=self._account_id,
            stock_code=side.code,
            volume=side.volume,
            can_use_volume=side.usable,
            open_price=side.amount / units if units else 0.0,
            market_value=side.value / 10_000,
            frozen_volume=side.frozen,
            on_road_volume=0,
            yesterday_volume=side.volume - side.today,
            avg_price=side.paid / units if units else 0.0,
            direction=c.DIRECTION_FLAG_LONG if side.long else c.DIRECTION_FLAG_SHORT,
            last_price=side.mark.last / 10_000,
            profit_rate=profit / side.paid if side.paid else 0.0,
            instrument_name=side.name,
            float_profit=profit / 10_000,
            open_date=side.opened,
            position_profit=profit / 10_000,
            account_type=_KIND,
        )

    def option_statistics(
        self, side: FutureOptionSide, day: FutureOptionDay
    ) -> XtPositionStatistics:
        """The summary of one side of an option; profits are measured from the premium."""
        option, equity = day.instrument, self._ledger.equity
        units = side.volume * side.unit * 10_000
        profit, last = side.profit / 10_000, side.mark.last
        rise = (last - day.prev_close) / day.prev_close
        used = self._ledger.used
        return XtPositionStatistics(
            account_id=self._account_id,
            exchange_id=option.market,
            exchange_name=option.of.exchange.zh,
            product_id=option.of.id,
            instrument_id=side.code.rpartition(".")[0],
            instrument_name=side.name,
            direction=c.DIRECTION_FLAG_LONG if side.long else c.DIRECTION_FLAG_SHORT,
            hedge_flag=_SPECULATION,
            position=side.volume,
            yesterday_position=side.volume - side.today,
            today_position=side.today,
            can_close_vol=side.usable,
            position_cost=side.amount / 10_000,
            avg_price=side.amount / units if units else 0.0,
            position_profit=profit,
            float_profit=profit,
            open_price=side.amount / units if units else 0.0,
            used_margin=side.margin / 10_000,
            used_commission=side.fees / 10_000,
            frozen_margin=(side.held - side.held_premium) / 10_000,
            instrument_value=side.value / 10_000,
            open_times=side.open_times,
            open_volume=side.open_volume,
            cancel_times=side.cancel_times,
            last_price=last / 10_000,
            rise_ratio=rise,
            product_name=option.of.name,
            royalty=side.value / 10_000,
            expire_date=f"{option.expiry:%Y%m%d}",
            assest_weight=side.value / equity if equity else 0.0,
            increase_by_settlement=rise,
            margin_ratio=side.margin / used if used else 0.0,
            float_profit_divide_by_used_margin=profit * 10_000 / side.margin
            if side.margin
            else 0.0,
            float_profit_divide_by_balance=profit * 10_000 / equity if equity else 0.0,
            yesterday_init_position=side.yesterday,
            frozen_royalty=side.held_premium / 10_000,
            close_profit=side.closed / 10_000,
            ft_product_name=option.of.name,
            open_cost=side.amount / 10_000,
        )
