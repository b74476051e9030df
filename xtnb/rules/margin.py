"""The margin account's arithmetic and its verdict on an order, from explicit figures.

`CreditRules` holds what is in force on a day. `available_margin` is the published
formula; `verdict` says whether an order may enter and what it would freeze, use and
need, and `outcome` what that makes of margin, quota and ratio. The paper terminal's
books ask it, and so can a ticket beforehand: `Funds.of` and `Room.of` read the same
figures from the records that the queries of the API bring (credit_figures.py).

Amounts are whole 1e-4 yuan; ratios are whole ten-thousandths; volumes are shares.

Source: the exchanges' margin trading rules as cited in data/credit.json (margin
formula, uptick, short proceeds); what the order types freeze is partly our own choice
and said so where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from xtnb import xtconstant as c
from xtnb.errors import CashShort
from xtnb.rules.collateral import (
    WHOLE,
    CreditSettings,
    Eligible,
    Security,
    fin_ratio,
    securities,
    slo_ratio,
)
from xtnb.rules.credit_figures import (
    BUY,
    BUY_TO_RETURN,
    FIN_BUY,
    ORDER_TYPES,
    REPAY,
    RETURN,
    SELL,
    SELL_TO_REPAY,
    SLO_SELL,
    Funds,
    Outcome,
    Room,
    Stake,
    Verdict,
    base_type,
    maintenance_ratio,
    needed_margin,
)
from xtnb.rules.credit_words import (
    debt_short,
    lendable_short,
    margin_call,
    margin_short,
    no_debt,
    not_eligible,
    only_limit,
    only_lots,
    own_short,
    quota_short,
    uptick,
    uptick_own,
    wrong_type,
)
from xtnb.rules.day import DayRules
from xtnb.vocabulary.money import YUAN

_LIMITS = frozenset({c.FIX_PRICE, c.LATEST_PRICE})
_PLENTY = 10**9  # shares: a whole number of any board's lots


class CreditRules:
    """What holds for margin accounts with these settings on one day.

    Args:
        day, settings: which rules.
        eligible: what a terminal says of the securities; None takes data/credit.json.

    Attributes:
        day, settings: which rules.
        securities: what counts as collateral, by code.
        fin_ratio, slo_ratio: of new contracts, ten-thousandths.
    """

    def __init__(
        self, day: date, settings: CreditSettings, eligible: Eligible | None = None
    ) -> None:
        self.day = day
        self.settings = settings
        self.securities: Mapping[str, Security] = (
            eligible.securities if eligible else securities(day)
        )
        self._ratios: Mapping[str, tuple[int, int]] = eligible.ratios if eligible else {}
        self.fin_ratio = fin_ratio(day)
        self.slo_ratio = slo_ratio(day, settings.private_fund)

    def available_margin(
        self, cash: int, interest: int, fin_required: int, stakes: Iterable[Stake]
    ) -> int:
        """Margin for new borrowing, before what open orders reserve. 可用保证金

        cash + Σ own securities × haircut + Σ (financed value - financed) × haircut
        + Σ (sold short - value) × haircut - Σ sold short - Σ financed × its ratio
        - Σ short value × ratio - interest and fees. A bracket below 0 counts whole.
        Brackets are formed for each security. Rounded down.

        Args:
            cash: all cash, short proceeds included.
            interest: unpaid interest and fees.
            fin_required: Σ financed principal × margin ratio of its contract, the
                product in 1e-4 yuan × ten-thousandths.
            stakes: every security held or owed.

        Source: 融资融券交易实施细则, quoted in MARGINF.
        """
        total = (cash - interest) * WHOLE - fin_required
        listed, ratio = self.securities, self.slo_ratio
        for stake in stakes:
            security = listed.get(stake.stock_code)
            haircut = security.haircut if security else 0
            financed = min(stake.fin_volume, stake.volume)
            total += (stake.volume - financed) * stake.last * haircut
            gain = financed * stake.last - stake.fin_amount
            total += gain * (haircut if gain > 0 else WHOLE)
            value = stake.slo_volume * stake.last
            gain = stake.slo_amount - value
            total += gain * (haircut if gain > 0 else WHOLE)
            total -= stake.slo_amount * WHOLE + value * ratio
        return total // WHOLE

    def verdict(
        self,
        rules: DayRules | None,
        order_type: int,
        price_type: int,
        volume: int,
        price: int,
        *,
        funds: Funds,
        room: Room,
        bid: int = 0,
        ask: int = 0,
        last: int = 0,
    ) -> Verdict:
        """Say whether an order may enter, and what it freezes and uses.

        Args:
            rules: the instrument's day; not read by a direct repayment.
            order_type: 23, 24, 27 to 32 or 40 to 45.
            price_type, price: as the API has them; price in 1e-4 yuan.
            volume: shares; of a direct repayment whole yuan.
            funds, room: what the account has.
            bid, ask, last: best prices and last price; 0 where there is none. `last`
                is the previous close before the first trade.

        Raises:
            Refused: as `DayRules.check`, or ORDER_TYPE, NOT_ELIGIBLE, UPTICK, LENDABLE,
                DEBT, QUOTA, MARGIN, MARGIN_CALL.
            CashShort: the cash that it freezes is not there.
        """
        if order_type not in ORDER_TYPES:
            raise wrong_type(order_type)
        kind, special = base_type(order_type)
        if kind == REPAY:
            return self._repay(special, price_type, volume, funds, room)
        assert rules is not None, "only a direct repayment has no instrument"
        if kind == RETURN:
            return self._return(rules, special, price_type, volume, room)
        buy = kind in (BUY, FIN_BUY, BUY_TO_RETURN)
        code = rules.instrument.stock_code
        if kind in (BUY, FIN_BUY, SLO_SELL):
            self._check_listed(code, kind)
        sellable = room.sellable
        if kind == SLO_SELL:
            sellable = self._check_short(rules, special, price_type, volume, room)
        checked = rules.check(
            c.SECURITY_ACCOUNT,
            c.STOCK_BUY if buy else c.STOCK_SELL,
            price_type,
            volume,
            price,
            sellable=sellable,
            bid=bid,
            ask=ask,
            last=last,
            held=None if kind == SLO_SELL else room.held,
            arriving=0 if kind == SLO_SELL else room.arriving,
        )
        if kind == SELL and volume > room.own:
            raise own_short(volume, room.own, room.sellable)
        free = price_type not in _LIMITS  # a market order: free of a price of its own
        bound = kind in (SELL, SELL_TO_REPAY) and room.short and self.settings.uptick_own
        if bound and (free or checked < last):
            raise uptick_own(checked, last, free)
        if kind == SLO_SELL and checked < last:
            raise uptick(checked, last)
        if kind == SELL_TO_REPAY and not room.due:
            raise no_debt(special)
        turnover = checked * volume
        fees = rules.fee_total(buy, turnover)
        if kind == BUY_TO_RETURN:
            return self._buy_back(rules, special, volume, checked, fees, funds, room)
        if kind == FIN_BUY:
            ratio = self._ratios.get(code, (0, 0))[0] or self.fin_ratio
            return self._borrow(kind, special, volume, checked, checked, fees, funds, ratio)
        if kind == SLO_SELL:
            held = max(checked, bid)
            fees = rules.fee_total(False, held * volume)
            ratio = self._ratios.get(code, (0, 0))[1] or self.slo_ratio
            return self._borrow(kind, special, volume, checked, held, fees, funds, ratio)
        if kind == BUY:
            _need_cash(turnover + fees, funds.cash)
            return Verdict(
                kind, special, True, True, volume, checked, checked, turnover + fees, fees=fees
            )
        return Verdict(
            kind, special, False, True, volume, checked, checked, fees=fees, shares=volume
        )

    def outcome(self, verdict: Verdict, funds: Funds, last: int, due: int = 0) -> Outcome:
        """What an order makes of an account: on acceptance, and when it is all filled.

        Args:
            verdict: of that order.
            funds: the account before.
            last: the security's price.
            due: cash that the account owes in the order's pool; read by 31 and 32.
                Interest that a return settles is not foreseen.
        """
        kind, volume = verdict.order_type, verdict.volume
        assets, debt = funds.assets, funds.debt
        amount = verdict.hold_price * volume
        if kind == REPAY:
            paid = min(volume, due)
            assets, debt = assets - paid, debt - paid
        elif kind == RETURN:
            assets, debt = assets - volume * last, debt - volume * last
        elif verdict.buy:
            kept = volume - verdict.returns
            assets += kept * last - amount - verdict.fees
            debt -= verdict.returns * last
            if kind == FIN_BUY:
                assets, debt = assets + amount, debt + amount
        elif kind == SLO_SELL:
            assets, debt = assets + amount - verdict.fees, debt + volume * last
        else:
            net = amount - verdict.fees
            repaid = min(net, due) if kind == SELL_TO_REPAY else 0
            assets, debt = assets - volume * last + net - repaid, debt - repaid
        short = kind == SLO_SELL
        quota = funds.slo_quota if short else funds.fin_quota
        direct = not verdict.matched
        used_margin = verdict.margin + (verdict.cash if kind in (BUY, FIN_BUY) else 0)
        return Outcome(
            cash_before=funds.cash,
            cash_after=funds.cash - verdict.cash,
            margin_before=funds.margin,
            margin_after=None if direct else funds.margin - used_margin,
            quota_before=quota,
            quota_after=None if direct else quota - verdict.quota,
            ratio_before=maintenance_ratio(funds.assets, funds.debt),
            ratio_after=maintenance_ratio(assets, debt),
        )

    # -- the forms -------------------------------------------------------------------------

    def _check_listed(self, code: str, kind: int) -> None:
        security = self.securities.get(code)
        fine = security is not None and {
            BUY: True,
            FIN_BUY: security.fin,
            SLO_SELL: security.slo,
        }.get(kind, True)
        if not fine:
            raise not_eligible(code, kind)

    def _check_short(
        self, rules: DayRules, special: bool, price_type: int, volume: int, room: Room
    ) -> int:
        """A short sale is of whole lots, at a limit price, of what can be borrowed.

        No market orders, since the uptick rule is about the order's price: ours.
        """
        if price_type not in _LIMITS:
            raise only_limit(SLO_SELL)
        if volume > room.lendable:
            raise lendable_short(volume, room.lendable, special)
        left_out = volume - rules.round_sell(volume, _PLENTY, price_type)
        if volume <= 0 or 0 < left_out < rules.lot:
            raise only_lots(volume, rules.lot)
        return _PLENTY

    def _borrow(
        self,
        kind: int,
        special: bool,
        volume: int,
        price: int,
        held: int,
        fees: int,
        funds: Funds,
        margin_ratio: int,
    ) -> Verdict:
        """Financing and short selling: a quota, a margin, and fees in cash for the first.

        The margin must cover the fees too, which lower it (ours). A short sale is
        held at the best bid where it would fill there at once (ours).
        """
        if maintenance_ratio(funds.assets, funds.debt) < self.settings.warn_line:
            ratio = maintenance_ratio(funds.assets, funds.debt)
            raise margin_call(ratio, self.settings.warn_line)
        short = kind == SLO_SELL
        amount = held * volume
        quota = funds.slo_quota if short else funds.fin_quota
        if amount > quota:
            raise quota_short(amount, quota, short)
        margin = needed_margin(held, volume, margin_ratio)
        if margin + fees > funds.margin:
            raise margin_short(margin + fees, funds.margin)
        if not short:
            _need_cash(fees, funds.cash)
        return Verdict(
            kind,
            special,
            not short,
            True,
            volume,
            price,
            held,
            cash=0 if short else fees,
            fees=fees,
            borrowed=volume if short else 0,
            margin=margin,
            quota=amount,
            ratio=margin_ratio,
        )

    def _buy_back(
        self,
        rules: DayRules,
        special: bool,
        volume: int,
        price: int,
        fees: int,
        funds: Funds,
        room: Room,
    ) -> Verdict:
        """Buy to return: short proceeds first, own cash for the rest and for a spare lot."""
        returns = min(volume, room.owed)
        lot = rules.lot
        most = max(-(-room.owed // lot) * lot, lot) if room.owed else 0
        if volume > most:
            raise debt_short(volume, room.owed, special)
        proceeds = min(funds.proceeds, price * returns + fees)
        cash = price * volume + fees - proceeds
        _need_cash(cash, funds.cash)
        return Verdict(
            BUY_TO_RETURN,
            special,
            True,
            True,
            volume,
            price,
            price,
            cash,
            proceeds,
            fees,
            returns=returns,
        )

    def _return(
        self, rules: DayRules, special: bool, price_type: int, volume: int, room: Room
    ) -> Verdict:
        if price_type != c.FIX_PRICE:
            raise only_limit(RETURN)
        if volume <= 0:
            raise only_lots(volume, 1)
        if volume > room.owed:
            raise debt_short(volume, room.owed, special)
        if volume > room.own:
            raise own_short(volume, room.own, room.sellable)
        return Verdict(RETURN, special, False, False, volume, shares=volume, returns=volume)

    def _repay(
        self, special: bool, price_type: int, amount: int, funds: Funds, room: Room
    ) -> Verdict:
        if price_type != c.FIX_PRICE:
            raise only_limit(REPAY)
        if amount <= 0:
            raise only_lots(amount, 1)
        if not room.due:
            raise no_debt(special)
        _need_cash(amount * YUAN, funds.cash)
        return Verdict(REPAY, special, False, False, amount * YUAN, cash=amount * YUAN)


@lru_cache(maxsize=32)
def credit_rules(day: date, settings: CreditSettings) -> CreditRules:
    """The rules of a day, made once."""
    return CreditRules(day, settings)


def _need_cash(wanted: int, available: int) -> None:
    if wanted > available:
        raise CashShort(wanted, available)
