"""Previews of a stock account: shares, funds and bonds, money lent, subscriptions.

Stock Connect accounts are at the end. The rules are those that the terminal asks.
"""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.live.preview import Preview
from xtnb.live.preview_inputs import Asked, Inputs, Seen, position_of
from xtnb.rules import etf, ipo
from xtnb.rules.bonds import RepoRules
from xtnb.rules.connect import ConnectRules, route_code
from xtnb.rules.day import DayRules
from xtnb.rules.listed import DayTerms

LIMITS = frozenset({c.FIX_PRICE, c.LATEST_PRICE})
_ENDED = frozenset({c.ORDER_CANCELED, c.ORDER_PART_CANCEL, c.ORDER_JUNK})


def stock_preview(asked: Asked, inputs: Inputs) -> Preview:
    """Preview an order of a stock account, or of one for Beijing."""
    beijing = asked.account_type == c.NEW3BOARD_ACCOUNT
    if asked.order_type in etf.ORDER_TYPES and not beijing:
        return _basket(asked, inputs)
    try:
        day: DayTerms | Refused = inputs.day(asked.stock_code)
    except Refused as unknown:
        offer = _offer(asked, inputs)
        if offer is not None:
            return offer
        day = unknown
    if isinstance(day, RepoRules) and not beijing:
        return _lend(asked, inputs, day)
    return _plain(asked, inputs, day)


def _plain(asked: Asked, inputs: Inputs, day: DayTerms | Refused) -> Preview:
    """Shares, funds, convertible bonds."""
    buy = asked.order_type == c.STOCK_BUY
    cash = inputs.cash()
    seen = Seen() if isinstance(day, Refused) else inputs.seen(asked.stock_code)
    sellable, held, arriving = position_of(inputs, asked.stock_code)
    counted = frozen = 0
    refusal: Refused | None = None
    try:
        if isinstance(day, Refused):
            raise day
        price = asked.exact()
        if not isinstance(day, DayRules):
            raise asked.not_traded_here(asked.stock_code)
        counted = day.check(
            asked.account_type,
            asked.order_type,
            asked.price_type,
            asked.volume,
            price,
            sellable=sellable,
            bid=seen.bid,
            ask=seen.ask,
            last=seen.last,
            held=held,
            arriving=arriving,
        )
        frozen = day.cost(asked.volume, counted) if buy else 0
        if frozen > cash:
            raise CashShort(wanted=frozen, available=cash)
    except Refused as refused:
        refusal = refused
    if counted and not buy and asked.price_type not in LIMITS:
        counted = seen.bid or seen.last or counted  # what it is likely to bring, not its floor
    if not isinstance(day, DayRules) or not counted:
        return asked.answer(refusal, cash)
    amount = counted * asked.volume
    fees = day.fees(buy, amount)
    return asked.answer(
        refusal,
        cash,
        cash - frozen if buy else cash + amount - fees.total,
        price=counted,
        amount=amount,
        commission=fees.commission,
        stamp_duty=fees.stamp_duty,
        transfer_fee=fees.transfer_fee,
        freeze=frozen,
        freeze_volume=0 if buy else asked.volume,
    )


def _lend(asked: Asked, inputs: Inputs, day: RepoRules) -> Preview:
    """Money lent: the price is a rate, and what is frozen leaves with the fill."""
    cash = inputs.cash()
    try:
        said = day.verdict(
            asked.account_type,
            asked.order_type,
            asked.price_type,
            asked.volume,
            asked.exact(),
            cash=cash,
        )
    except Refused as refusal:
        return asked.answer(refusal, cash)
    return asked.answer(
        None,
        cash,
        cash - said.freeze,
        price=said.rate,
        amount=said.face,
        commission=said.fee,
        freeze=said.freeze,
    )


def _basket(asked: Asked, inputs: Inputs) -> Preview:
    """Units created or redeemed: done at once, so the cash it takes leaves with the order."""
    code, cash = asked.stock_code, inputs.cash()
    try:
        inputs.day(code)  # or it is unknown
        basket = etf.baskets().get(code)
        if basket is None:
            raise etf.no_basket(code)
        asked.exact()
        codes = [code, *(one.stock_code for one in basket.components)]
        last = _last_of(inputs, codes, code)
        said = basket.verdict(
            asked.account_type,
            asked.order_type,
            asked.price_type,
            asked.volume,
            cash=cash,
            usable=_usable(inputs, codes),
            last=last,
        )
    except Refused as refusal:
        return asked.answer(refusal, cash)
    creates = asked.order_type == etf.CREATE
    outside = said.gives if creates else said.gets
    worth = sum(last[each] * many for each, many in outside.items())
    worth += said.cash - said.fee if creates else said.fee - said.cash
    return asked.answer(
        None,
        cash,
        cash - said.cash,
        price=max(0, worth) // asked.volume,
        amount=max(0, worth),
        commission=said.fee,
        freeze=max(0, said.cash),
        freeze_volume=0 if creates else asked.volume,
    )


def _last_of(inputs: Inputs, codes: list[str], fund: str) -> dict[str, int]:
    """Last prices. Raises Refused when a stock of the basket is not traded here."""
    try:
        return {each: inputs.last(each) for each in codes if inputs.day(each)}
    except Refused as unknown:
        raise etf.no_basket(fund) from unknown


def _usable(inputs: Inputs, codes: list[str]) -> dict[str, int]:
    """What of each code may be used for baskets now."""
    held = {position.stock_code: position for position in inputs.positions()}
    fills = [(fill.stock_code, fill.order_type, fill.traded_volume) for fill in inputs.trades()]
    return {
        each: etf.usable(
            each,
            held[each].on_road_volume,
            held[each].can_use_volume,
            held[each].frozen_volume,
            fills,
        )
        for each in codes
        if each in held
    }


def _offer(asked: Asked, inputs: Inputs) -> Preview | None:
    """A subscription; None when nothing is offered under this code."""
    offered = ipo.open_to(asked.account_type, inputs.offers())
    offer = offered.get(asked.stock_code)
    if offer is None:
        return None
    cash = inputs.cash()
    subscribed = [
        order.stock_code
        for order in inputs.orders()
        if order.stock_code in offered and order.order_status not in _ENDED
    ]
    try:
        said = ipo.verdict(
            offer,
            asked.order_type,
            asked.price_type,
            asked.volume,
            asked.exact(),
            cash=cash,
            left=inputs.purchase_limit(),
            subscribed=subscribed,
        )
    except Refused as refusal:
        return asked.answer(refusal, cash)
    return asked.answer(
        None,
        cash,
        cash - said.freeze,
        price=offer.price,
        amount=offer.price * asked.volume,
        freeze=said.freeze,
    )


def connect_preview(asked: Asked, inputs: Inputs) -> Preview:
    """Preview an order of a Stock Connect account: prices, amount and fees in HKD, cash in yuan."""
    code = route_code(asked.stock_code, asked.account_type)
    cash = inputs.cash()
    sellable, held, _ = position_of(inputs, code)
    buy = asked.order_type == c.STOCK_BUY
    try:
        day = inputs.day(code)
        if not isinstance(day, ConnectRules):
            raise asked.not_traded_here(code)
        seen = inputs.seen(code)
        said = day.verdict(
            asked.account_type,
            asked.order_type,
            asked.price_type,
            asked.volume,
            asked.exact(),
            cash=cash,
            sellable=sellable,
            bid=seen.bid,
            ask=seen.ask,
            last=seen.last or day.prev_close,
            held=held,
        )
    except Refused as refusal:
        return asked.answer(refusal, cash, stock_code=_shown(code, refusal), currency="HKD")
    fees = day.fees(buy, said.amount)
    brought = day.rates.brought(day.net(False, said.amount))
    return asked.answer(
        None,
        cash,
        cash - said.freeze if buy else cash + brought,
        stock_code=code,
        price=said.price,
        amount=said.amount,
        commission=fees.commission,
        stamp_duty=fees.stamp_duty,
        other_fees=fees.total - fees.commission - fees.stamp_duty,
        freeze=said.freeze,
        freeze_volume=said.freeze_volume,
        currency="HKD",
    )


def _shown(code: str, refusal: Refused) -> str:
    return "" if refusal.code == RefusalCode.UNKNOWN_CODE else code
