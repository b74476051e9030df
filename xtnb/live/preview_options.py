"""Previews of a stock option account, by the rules of `xtnb.rules.options`.

What the broker agrees with the account is asked of the terminal.
"""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.live.preview import Preview
from xtnb.live.preview_inputs import Asked, Inputs
from xtnb.rules import options_words as words
from xtnb.rules.listed import unit_of
from xtnb.rules.options import (
    OptionDay,
    OptionFunds,
    OptionRoom,
    lock_verdict,
    option_verdict,
)
from xtnb.rules.options_settings import (
    COVERED_OPEN,
    LOCKS,
    OPENS,
    ORDER_TYPES,
    PUT_EXERCISE,
    SELL_OPEN,
)
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import XtOrder

_WORKING = frozenset({c.ORDER_REPORTED, c.ORDER_PART_SUCC})
_COVERED = 52  # hedge flag of covered positions


def options_preview(asked: Asked, inputs: Inputs) -> Preview:
    """Preview an order of a stock option account: premium, margin, and what is frozen.

    Raises nothing that the terminal would not; locks (56, 57) freeze or free shares.
    """
    cash, kind = inputs.cash(), asked.order_type
    try:
        if kind not in ORDER_TYPES:
            raise words.wrong_order_type(kind)
        rows = inputs.statistics()
        if kind in LOCKS:
            room = _room(inputs, rows, "", asked.stock_code)
            said = lock_verdict(asked.stock_code, kind, asked.price_type, asked.volume, room)
            frozen = asked.volume if kind == c.STOCK_OPTION_SECU_LOCK else -asked.volume
            return asked.answer(None, cash, freeze_volume=frozen, margin=0)
        price = asked.exact()
        day = inputs.day(asked.stock_code)
        if not isinstance(day, OptionDay):
            raise asked.not_traded_here(asked.stock_code)
        used = round(sum(row.used_margin for row in rows) * YUAN)
        seen = inputs.seen(asked.stock_code)
        said = option_verdict(
            day,
            kind,
            asked.price_type,
            asked.volume,
            price,
            funds=OptionFunds(cash, used),
            room=_room(inputs, rows, asked.stock_code, day.underlying),
            last=seen.last or day.prev_close,
            settings=inputs.agreed(day.day),
            second=seen.second,
        )
    except Refused as refusal:
        return asked.answer(refusal, cash, margin=0)
    taken = said.shares if kind in (COVERED_OPEN, PUT_EXERCISE) else asked.volume
    return asked.answer(
        None,
        cash,
        cash - (said.cash - said.lent),
        price=said.price,
        amount=said.premium,
        commission=said.fees,
        freeze=said.cash,
        freeze_volume=0 if kind in OPENS and kind != COVERED_OPEN else taken,
        margin=said.margin if kind == SELL_OPEN else 0,
    )


def _room(
    inputs: Inputs, rows: list[XtPositionStatistics], code: str, underlying: str
) -> OptionRoom:
    """What there is to close of a contract, and to lock of its underlying."""
    rights = obligations = covered = reserved = 0
    for row in rows:
        is_covered = row.hedge_flag == _COVERED
        if row.instrument_id == code:
            if row.direction == c.DIRECTION_FLAG_LONG:
                rights = row.can_close_vol
            elif is_covered:
                covered = row.can_close_vol
            else:
                obligations = row.can_close_vol
        if is_covered and row.product_id == underlying:
            reserved += row.position * unit_of(inputs.day(row.instrument_id).instrument)
    locked = shares = 0
    for position in inputs.positions():
        if position.stock_code == underlying:
            shares, locked = position.can_use_volume, position.frozen_volume
    for order in inputs.orders():
        units = _units(order, underlying, inputs)
        if order.order_type == COVERED_OPEN:
            reserved += units
        elif order.order_type == PUT_EXERCISE:
            locked -= units
    return OptionRoom(rights, obligations, covered, shares, locked - reserved)


def _units(order: XtOrder, underlying: str, inputs: Inputs) -> int:
    """Shares of the underlying that an open order stands for; 0 of any other."""
    if order.order_status not in _WORKING:
        return 0
    option = inputs.day(order.stock_code).instrument
    if getattr(option, "underlying", "") != underlying:
        return 0
    return (order.order_volume - order.traded_volume) * unit_of(option)
