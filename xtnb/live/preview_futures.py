"""Previews of futures and of options on them, by the rules of their accounts.

What the broker adds to the exchange's terms is asked of the terminal. The queries do
not tell which lots, of today or overnight, an open close order holds where the
exchange keeps them together; they are taken in the order that its type names.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.live.preview import Preview
from xtnb.live.preview_inputs import Asked, Inputs, Seen
from xtnb.rules.futures import FuturesDay, FuturesTerms, next_contract
from xtnb.rules.futures_orders import (
    NOTHING,
    ROLL_TYPES,
    SPREAD_TYPES,
    Closable,
    Prices,
    Verdict,
    judge,
    judge_roll,
    judge_spread,
)
from xtnb.rules.listed import everything
from xtnb.rules.options_futures import (
    EXERCISE,
    FutureOptionDay,
    future_option_verdict,
)
from xtnb.rules.suggest import unknown_code
from xtnb.rules.terms import FutureOptionTerms
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.records import XtOrder
from xtnb.vocabulary.symbols import legs_of

_WORKING = frozenset({c.ORDER_REPORTED, c.ORDER_PART_SUCC})
_CLOSES = frozenset({c.OFFSET_FLAG_CLOSE, c.OFFSET_FLAG_CLOSETODAY, c.OFFSET_FLAG_CLOSEYESTERDAY})
_ONLY_TODAY = frozenset({c.FUTURE_CLOSE_LONG_TODAY, c.FUTURE_CLOSE_SHORT_TODAY})
_ONLY_PAST = frozenset({c.FUTURE_CLOSE_LONG_HISTORY, c.FUTURE_CLOSE_SHORT_HISTORY})
_TODAY_FIRST = frozenset(
    {
        *(c.FUTURE_CLOSE_LONG_TODAY_FIRST, c.FUTURE_CLOSE_SHORT_TODAY_FIRST),
        *(c.FUTURE_CLOSE_LONG_TODAY_HISTORY_THEN_OPEN_SHORT,),
        *(c.FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG,),
        *(c.FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST, c.FUTURE_RENEW_SHORT_CLOSE_TODAY_FIRST),
        c.FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST,
    }
)


def futures_preview(asked: Asked, inputs: Inputs) -> Preview:
    """Preview an order of a futures account: margin, fees, and what is frozen."""
    cash = inputs.cash()
    try:
        price = asked.exact()
        said = _judged(asked, inputs, price, cash)
    except Refused as refusal:
        return asked.answer(refusal, cash, margin=0)
    first = said.parts[0]
    amount = sum(part.price * part.volume * part.day.instrument.unit for part in said.parts)
    return asked.answer(
        None,
        cash,
        cash - said.held,
        price=0 if asked.order_type in SPREAD_TYPES else first.price,
        amount=amount,
        commission=said.fees,
        freeze=said.held,
        freeze_volume=sum(part.volume for part in said.parts if not part.opens),
        margin=said.margin,
    )


def _judged(asked: Asked, inputs: Inputs, price: int, cash: int) -> Verdict:
    code, kind = asked.stock_code, asked.order_type
    if kind in SPREAD_TYPES:
        legs = legs_of(code)
        if legs is None:
            raise unknown_code(code)
        first, second = legs
        days = _contract(asked, inputs, first), _contract(asked, inputs, second)
        rows, orders = inputs.statistics(), inputs.orders()
        return judge_spread(
            *days,
            code.partition(" ")[0],
            kind,
            asked.price_type,
            asked.volume,
            first_long=_closable(first, True, rows, orders),
            second_short=_closable(second, False, rows, orders),
            available=cash,
            prices=(_prices(inputs, days[0]), _prices(inputs, days[1])),
            terms=_agreed(inputs, days[0].day),
        )
    day = _contract(asked, inputs, code)
    rows, orders = inputs.statistics(), inputs.orders()
    long, short = (_closable(code, side, rows, orders) for side in (True, False))
    prices, terms = _prices(inputs, day), _agreed(inputs, day.day)
    if kind in ROLL_TYPES:
        later = next_contract(day.instrument, dict(everything(day.day)))
        return judge_roll(
            day,
            _contract(asked, inputs, later.stock_code) if later else None,
            kind,
            asked.price_type,
            asked.volume,
            price,
            long=long,
            short=short,
            available=cash,
            prices=prices,
            terms=terms,
        )
    return judge(
        day,
        kind,
        asked.price_type,
        asked.volume,
        price,
        long=long,
        short=short,
        available=cash,
        prices=prices,
        terms=terms,
    )


def _contract(asked: Asked, inputs: Inputs, code: str) -> FuturesDay:
    day = inputs.day(code)
    if not isinstance(day, FuturesDay):
        raise asked.not_traded_here(code)
    return day


def _agreed(inputs: Inputs, day: date) -> FuturesTerms:
    agreed = inputs.agreed(day)
    terms: FuturesTerms = agreed.futures if isinstance(agreed, FutureOptionTerms) else agreed
    return terms


def _prices(inputs: Inputs, day: FuturesDay) -> Prices:
    seen: Seen = inputs.seen(day.instrument.stock_code)
    return Prices(seen.bid, seen.ask, seen.last or day.prev_close, seen.second)


def future_options_preview(asked: Asked, inputs: Inputs) -> Preview:
    """Preview an order of an account for options on futures, which also holds futures.

    The freeze of a buy to close is what it needs beyond the margin that it frees.
    """
    try:
        day = inputs.day(asked.stock_code)
    except Refused:
        return futures_preview(asked, inputs)
    if not isinstance(day, FutureOptionDay):
        return futures_preview(asked, inputs)
    cash, option = inputs.cash(), day.instrument
    agreed: FutureOptionTerms = inputs.agreed(day.day)
    settings = agreed.options
    try:
        price = asked.exact()
        rows, orders = inputs.statistics(), inputs.orders()
        seen = inputs.seen(asked.stock_code)
        parts = future_option_verdict(
            day,
            asked.order_type,
            asked.price_type,
            asked.volume,
            price,
            long=_closable(option.stock_code, True, rows, orders),
            short=_closable(option.stock_code, False, rows, orders),
            available=cash,
            last=seen.last or day.prev_close,
            terms=agreed.futures,
            settings=settings,
            second=seen.second,
        )
    except Refused as refusal:
        return asked.answer(refusal, cash, margin=0)
    exercise = asked.order_type == EXERCISE
    fee = settings.exercise_fee if exercise else settings.fee
    held = sum(part.held_each * part.volume for part in parts)
    sold = [part for part in parts if part.opens and not part.buy]
    return asked.answer(
        None,
        cash,
        cash - held,
        price=parts[0].price,
        amount=sum(part.price * part.volume for part in parts) * option.unit,
        commission=fee * asked.volume,
        freeze=held,
        freeze_volume=sum(part.volume for part in parts if not part.opens),
        margin=sum(part.margin_each * part.volume for part in sold),
    )


def _closable(
    stock_code: str,
    long: bool,
    rows: Iterable[XtPositionStatistics],
    orders: Iterable[XtOrder],
) -> Closable:
    """Lots of one direction that no open order holds."""
    market = stock_code.rpartition(".")[2]
    direction = c.DIRECTION_FLAG_LONG if long else c.DIRECTION_FLAG_SHORT
    today = past = 0
    for row in rows:
        code = f"{row.instrument_id}.{market}"
        if code == stock_code and row.direction == direction:
            today, past = row.today_position, row.yesterday_position
            if row.can_close_vol == row.position:
                return Closable(today, past)
    if not today and not past:
        return NOTHING
    for order in orders:
        here = order.stock_code == stock_code and order.direction == direction
        closes = order.offset_flag in _CLOSES or order.order_type == EXERCISE
        if not (here and closes and order.order_status in _WORKING):
            continue
        left = order.order_volume - order.traded_volume
        if _of_today(order):
            taken = min(left, today)
            today, past = today - taken, past - (left - taken)
        else:
            taken = min(left, past)
            today, past = today - (left - taken), past - taken
    return Closable(max(0, today), max(0, past))


def _of_today(order: XtOrder) -> bool:
    """Whether an open close order holds lots of today before overnight ones."""
    if order.offset_flag == c.OFFSET_FLAG_CLOSETODAY or order.order_type in _ONLY_TODAY:
        return True
    if order.offset_flag == c.OFFSET_FLAG_CLOSEYESTERDAY or order.order_type in _ONLY_PAST:
        return False
    return order.order_type in _TODAY_FIRST
