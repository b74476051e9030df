"""Previews of a margin account, by the rules of `xtnb.rules.margin`.

What the broker agrees with the account, such as its lines and fees, and which securities
it takes at which ratios, is asked of the terminal; what is left of the credit lines is
read from the account itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from xtnb.errors import Refused
from xtnb.live.preview import Preview
from xtnb.live.preview_inputs import Asked, Inputs, Seen
from xtnb.live.preview_shares import LIMITS
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
    Verdict,
    base_type,
    maintenance_ratio,
)
from xtnb.rules.day import DayRules
from xtnb.rules.margin import CreditRules
from xtnb.vocabulary.money import yuan

_BORROWS = frozenset({FIN_BUY, SLO_SELL})
_SHANGHAI = timezone(timedelta(hours=8))


def credit_preview(asked: Asked, inputs: Inputs) -> Preview:
    """Preview an order of a margin account, with margin, credit line and maintenance ratio.

    Which contracts a direct return or a repayment ends decides what becomes of margin
    and credit line, so those are None after it, and interest that a return settles is
    not foreseen.
    """
    kind = asked.order_type
    if kind in ORDER_TYPES:
        kind, _ = base_type(kind)
    detail = inputs.credit()
    funds = Funds.of(detail)
    seen = Seen()
    try:
        day = None if kind == REPAY else _day(asked, inputs)
        if kind not in (RETURN, REPAY):
            asked.exact()
        room = Room.of(
            asked.stock_code,
            asked.order_type,
            inputs.positions(),
            inputs.compacts(),
            inputs.lendable(),
            inputs.orders(),
            detail,
        )
        if day is not None:
            seen = inputs.seen(asked.stock_code)
            seen = seen._replace(last=seen.last or day.prev_close)
        today = datetime.fromtimestamp(detail.m_nUpdateTime, _SHANGHAI).date()
        rules = CreditRules(today, inputs.agreed(today), inputs.eligible(today))
        said = rules.verdict(
            day,
            asked.order_type,
            asked.price_type,
            asked.volume,
            round(asked.price * 10_000),
            funds=funds,
            room=room,
            bid=seen.bid,
            ask=seen.ask,
            last=seen.last,
        )
    except Refused as refusal:
        return asked.answer(refusal, funds.cash, **_figures(None, kind, funds))
    if day and kind in (SELL, SELL_TO_REPAY) and asked.price_type not in LIMITS:
        counted = seen.bid or seen.last or said.price  # what it is likely to bring
        fees = day.fee_total(False, counted * said.volume)
        said = replace(said, price=counted, hold_price=counted, fees=fees)
    outcome = rules.outcome(said, funds, seen.last, room.due)
    if day is None or not said.matched:
        return _done_at_once(asked, said, outcome, funds, room)
    return _accepted(asked, day, said, outcome, funds, room)


def _day(asked: Asked, inputs: Inputs) -> DayRules:
    day = inputs.day(asked.stock_code)
    if not isinstance(day, DayRules):
        raise asked.not_traded_here(asked.stock_code)
    return day


def _done_at_once(
    asked: Asked, said: Verdict, outcome: Outcome, funds: Funds, room: Room
) -> Preview:
    """A direct return or repayment."""
    paid = min(said.volume, room.due) if said.order_type == REPAY else 0
    return asked.answer(
        None,
        funds.cash,
        funds.cash - paid,
        amount=paid,
        freeze=paid,
        freeze_volume=said.shares,
        **_figures(outcome, said.order_type, funds),
    )


def _accepted(
    asked: Asked, day: DayRules, said: Verdict, outcome: Outcome, funds: Funds, room: Room
) -> Preview:
    kind = said.order_type
    amount = said.hold_price * said.volume
    fees = day.fees(said.buy, amount)
    after = outcome.cash_after
    if kind in (SELL, SELL_TO_REPAY):
        net = amount - fees.total
        after += net - (min(net, room.due) if kind == SELL_TO_REPAY else 0)
    return asked.answer(
        None,
        funds.cash,
        after,
        price=said.price,
        amount=amount,
        commission=fees.commission,
        stamp_duty=fees.stamp_duty,
        transfer_fee=fees.transfer_fee,
        freeze=said.cash + said.proceeds,
        freeze_volume=said.shares,
        margin=said.margin if kind in _BORROWS else None,
        **_figures(outcome, kind, funds),
    )


def _figures(outcome: Outcome | None, kind: int, funds: Funds) -> dict[str, Any]:
    """Margin, credit line and ratio before and after; the same after a refusal."""
    if outcome is None:
        quota = funds.slo_quota if kind == SLO_SELL else funds.fin_quota
        ratio = maintenance_ratio(funds.assets, funds.debt)
        margin = funds.margin
        outcome = Outcome(funds.cash, funds.cash, margin, margin, quota, quota, ratio, ratio)
    figures: dict[str, Any] = {
        "margin_before": yuan(outcome.margin_before),
        "margin_after": _yuan(outcome.margin_after),
        "ratio_before": outcome.ratio_before / 100,
        "ratio_after": outcome.ratio_after / 100,
    }
    if kind in (SELL, BUY, SELL_TO_REPAY, BUY_TO_RETURN):
        return figures
    return figures | {
        "quota_before": yuan(outcome.quota_before),
        "quota_after": _yuan(outcome.quota_after),
    }


def _yuan(amount: int | None) -> float | None:
    return None if amount is None else yuan(amount)
