"""What a stock option account has: the figures and the records, without the moves.

Records for options, where the manual is silent (ours): available cash is `cash`;
`frozen_cash` is what open orders hold and the margin of what is sold; `market_value`
counts rights and shares and takes off obligations; `total_asset` is the sum of the
three less what could not be paid. A position is one side of a contract: direction 48
for rights and 49 for obligations; covered ones are rows of their own with 备兑 in the
name. Its open price is per unit of the underlying, its market value below 0 for
obligations. Shares of an underlying are rows as in a stock account, locked ones frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.options import OptionDay, OptionFunds, OptionRoom
from xtnb.rules.options_listed import StockOption
from xtnb.rules.options_settings import OptionSettings
from xtnb.rules.suggest import missing
from xtnb.rules.validity import not_traded_here
from xtnb.terminal.accounts.orders import Floor
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.ledgers.options import OptionLedger, OptionPosition
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.records import XtAsset, XtPosition

Key = tuple[str, bool, bool]  # code, rights, covered

_SPECULATION, _COVERED = 49, 52  # hedge flags as the counters of futures write them; ours
_EXCHANGES = {"SHO": "上交所期权", "SZO": "深交所期权"}


class OptionState(StockAccountBooks):
    """Money, contracts and shares of one stock option account."""

    __slots__ = ("ledger", "options")

    settings: OptionSettings

    def __init__(self, account_id: str, cash: int, floor: Floor, settings: OptionSettings) -> None:
        super().__init__(account_id, cash, floor, c.STOCK_OPTION_ACCOUNT, settings)
        self.ledger = OptionLedger(self.cash)
        self.options: dict[Key, OptionPosition] = {}
        self.shareholder |= {"SHO": self.shareholder["SH"], "SZO": self.shareholder["SZ"]}

    # -- figures -----------------------------------------------------------------------------

    def terms(self, code: str) -> OptionDay:
        """The rules of a contract today.

        Raises:
            Refused: UNKNOWN_CODE, also for what is no option on a fund.
        """
        if code not in self.market.instruments:
            raise missing(code, self.market.day())
        rules = self.market.rules(code)
        if not isinstance(rules, OptionDay):
            raise not_traded_here(code, self.account_type)
        return rules

    def margin_of(self, code: str) -> int:
        """Margin of one contract sold, today."""
        return self.terms(code).margin(self.settings.margin_factor)

    def spot(self, option: StockOption) -> int:
        """The present price of the underlying."""
        if option.underlying in self.market.instruments:
            return self.market.last_price(option.underlying)
        return self.terms(option.stock_code).spot

    def funds(self) -> OptionFunds:
        """Available cash, and margin that buying back may use."""
        return OptionFunds(self.cash.available, self.ledger.margin)

    def room(self, code: str, underlying: str) -> OptionRoom:
        """What there is to close of a contract, and to lock of its underlying."""

        def usable(long: bool, covered: bool) -> int:
            position = self.options.get((code, long, covered))
            return position.usable if position else 0

        holding = self.holdings.get(underlying)
        return OptionRoom(
            usable(True, False),
            usable(False, False),
            usable(False, True),
            holding.sellable if holding else 0,
            self.ledger.free_locked(underlying),
        )

    def opened(self, key: Key) -> OptionPosition:
        """The side of a contract, empty if there was none."""
        position = self.options.get(key)
        if position is None:
            code, long, covered = key
            option = self.terms(code).instrument
            position = OptionPosition(
                code, option.name, self.market.mark(code), option.unit, long, covered
            )
            self.options[key] = position
        return position

    def required_at(self, margin: Callable[[str], int]) -> int:
        """Margin of all that is sold and not covered, by a price of margin per contract."""
        return sum(
            held.volume * margin(code)
            for (code, long, covered), held in self.options.items()
            if held.volume and not long and not covered
        )

    # -- records -----------------------------------------------------------------------------

    def asset(self) -> XtAsset:
        """The account's money now; see the top of this module."""
        record = super().asset()
        cash, ledger = self.cash, self.ledger
        shares = sum(held.volume * held.mark.last for held in self.holdings.values())
        value = shares + sum(held.value for held in self.options.values())
        record.frozen_cash = (cash.frozen + ledger.margin) / 10_000
        record.market_value = value / 10_000
        record.total_asset = (ledger.money + value) / 10_000
        return record

    def option_position(self, key: Key) -> XtPosition:
        """One side of a contract now. Raises KeyError when there is none."""
        held = self.options[key]
        code, long, covered = key
        contracts = held.volume * held.unit
        profit = held.profit
        return XtPosition(
            account_id=self.account_id,
            stock_code=code,
            volume=held.volume,
            can_use_volume=held.usable,
            open_price=held.amount / (contracts * 10_000) if contracts else 0.0,
            market_value=held.value / 10_000,
            frozen_volume=held.frozen,
            on_road_volume=0,
            yesterday_volume=held.yesterday,
            avg_price=held.paid / (contracts * 10_000) if contracts else 0.0,
            direction=c.DIRECTION_FLAG_LONG if long else c.DIRECTION_FLAG_SHORT,
            last_price=held.mark.last / 10_000,
            profit_rate=profit / held.paid if held.paid else 0.0,
            secu_account=self.shareholder.get(code.rpartition(".")[2], ""),
            instrument_name=f"{held.name}（备兑）" if covered else held.name,
            float_profit=profit / 10_000,
            open_date=held.opened,
            position_profit=profit / 10_000,
            account_type=self.account_type,
        )

    def statistics(self, key: Key) -> XtPositionStatistics:
        """The summary of one side of a contract. Its profits are measured from the premium."""
        held = self.options[key]
        code, long, covered = key
        terms = self.terms(code)
        option = terms.instrument
        contracts = held.volume * held.unit
        margin = 0 if long or covered else held.volume * self.margin_of(code)
        profit, last = held.profit / 10_000, held.mark.last
        worth = self.ledger.money + sum(each.value for each in self.options.values())
        rise = (last - terms.prev_close) / terms.prev_close
        return XtPositionStatistics(
            account_id=self.account_id,
            exchange_id=option.market,
            exchange_name=_EXCHANGES[option.market],
            product_id=option.underlying,
            instrument_id=code,
            instrument_name=option.name,
            direction=c.DIRECTION_FLAG_LONG if long else c.DIRECTION_FLAG_SHORT,
            hedge_flag=_COVERED if covered else _SPECULATION,
            position=held.volume,
            yesterday_position=held.volume - held.today,
            today_position=held.today,
            can_close_vol=held.usable,
            position_cost=held.amount / 10_000,
            avg_price=held.amount / (contracts * 10_000) if contracts else 0.0,
            position_profit=profit,
            float_profit=profit,
            open_price=held.amount / (contracts * 10_000) if contracts else 0.0,
            used_margin=margin / 10_000,
            used_commission=held.fees / 10_000,
            frozen_margin=self._frozen(key, premium=False),
            frozen_commission=0.0,
            instrument_value=held.value / 10_000,
            open_times=held.open_times,
            open_volume=held.open_volume,
            cancel_times=held.cancel_times,
            last_price=last / 10_000,
            rise_ratio=rise,
            product_name=option.name,
            royalty=held.value / 10_000,
            expire_date=f"{option.expiry:%Y%m%d}",
            assest_weight=held.value / worth if worth > 0 else 0.0,
            increase_by_settlement=rise,
            margin_ratio=margin / worth if worth > 0 else 0.0,
            float_profit_divide_by_used_margin=profit * 10_000 / margin if margin else 0.0,
            float_profit_divide_by_balance=profit * 10_000 / worth if worth > 0 else 0.0,
            yesterday_init_position=held.yesterday,
            frozen_royalty=self._frozen(key, premium=True),
            close_profit=held.closed / 10_000,
            ft_product_name=option.name,
            open_cost=held.amount / 10_000,
        )

    def _frozen(self, key: Key, premium: bool) -> float:
        """Yuan that open orders on this side hold, for premium (buys) or for margin."""
        held = 0
        for order in self.orders.values():
            if order.open and getattr(order, "key", None) == key and order.buy == premium:
                held += order.held
        return held / 10_000

    # -- queries -----------------------------------------------------------------------------

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The queries of the API that a stock option account answers."""
        return {
            **super().calls(),
            "query_stock_position": self._positions_of,
            "query_stock_positions": lambda wanted: [
                *(self.option_position(key) for key in self.options),
                *(self.position(code) for code in self.holdings),
            ],
            "query_position_statistics": lambda wanted: [
                self.statistics(key) for key in self.options
            ],
        }

    def _positions_of(self, wanted: Mapping[str, Any]) -> list[XtPosition]:
        code = wanted["stock_code"]
        found = [self.option_position(key) for key in self.options if key[0] == code]
        return found + ([self.position(code)] if code in self.holdings else [])
