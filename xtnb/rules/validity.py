"""Which order type an account may send, and which price type a venue knows.

Both refuse in words that say what would be valid instead. The accounts meant are those
that only buy (23) and sell (24) shares; accounts of other kinds have words of their own.
The refusals at the end are the same for every kind of account, and for previews.

Source: the vendor's xtconstant (the venue in each price type's comment) and the
Shanghai gateway specification IS122 for 42 to 45; exchange articles as quoted by
others for 46 to 48. What LATEST_PRICE becomes is practice of the vendor's terminal,
one secondary source. That funds take the market orders of their venue is ours.
"""

from __future__ import annotations

from functools import cache

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.vocabulary.codes import OrderType, PriceType

_VENUES = {"SH": ("上海", "Shanghai"), "SZ": ("深圳", "Shenzhen"), "BJ": ("北京", "Beijing")}

_PRICE_TYPE_VENUES: dict[int, str] = {
    c.LATEST_PRICE: "SH SZ BJ",
    c.FIX_PRICE: "SH SZ BJ",
    c.MARKET_SH_CONVERT_5_CANCEL: "SH BJ",
    c.MARKET_SH_CONVERT_5_LIMIT: "SH BJ",
    c.MARKET_PEER_PRICE_FIRST: "SH SZ BJ",
    c.MARKET_MINE_PRICE_FIRST: "SH SZ BJ",
    c.MARKET_SZ_INSTBUSI_RESTCANCEL: "SZ",
    c.MARKET_SZ_CONVERT_5_CANCEL: "SZ",
    c.MARKET_SZ_FULL_OR_CANCEL: "SZ",
}

TRADING_ACCOUNT_TYPES = frozenset({c.SECURITY_ACCOUNT, c.NEW3BOARD_ACCOUNT})
ORDER_TYPES = frozenset({c.STOCK_BUY, c.STOCK_SELL})


@cache
def price_types(market: str) -> frozenset[int]:
    """The price types of a venue: "SH", "SZ" or "BJ"."""
    return frozenset(
        number for number, venues in _PRICE_TYPE_VENUES.items() if market in venues.split()
    )


def refuse_order_type(account_type: int, order_type: int) -> Refused:
    """The refusal of an order type that this kind of account may not send."""
    account = c.ACCOUNT_TYPE_DICT.get(account_type, str(account_type))
    valid_zh = f"买入 {c.STOCK_BUY} 或卖出 {c.STOCK_SELL}"
    valid_en = f"buy ({c.STOCK_BUY}) or sell ({c.STOCK_SELL})"
    if account_type not in TRADING_ACCOUNT_TYPES:
        return Refused(
            RefusalCode.ORDER_TYPE,
            f"{account} 账户不能在此下单；STOCK 账户可用{valid_zh}",
            f"{account} accounts cannot trade here; a STOCK account may {valid_en}",
        )
    name_zh, name_en = _named(OrderType, order_type)
    return Refused(
        RefusalCode.ORDER_TYPE,
        f"{account} 账户没有委托类型 {name_zh}；可用{valid_zh}",
        f"{account} accounts have no order type {name_en}; they may {valid_en}",
    )


def check_order_type(account_type: int, order_type: int) -> None:
    """Refuse an order type that this kind of account may not send.

    Raises:
        Refused: ORDER_TYPE.
    """
    if account_type not in TRADING_ACCOUNT_TYPES or order_type not in ORDER_TYPES:
        raise refuse_order_type(account_type, order_type)


def refuse_price_type(market: str, price_type: int) -> Refused:
    """The refusal of a price type that a venue does not have."""
    venue_zh, venue_en = _VENUES[market]
    name_zh, name_en = _named(PriceType, price_type)
    valid = [_named(PriceType, number) for number in sorted(price_types(market))]
    return Refused(
        RefusalCode.PRICE_TYPE,
        f"{venue_zh}没有报价类型 {name_zh}；可用：{'、'.join(zh for zh, _ in valid)}",
        f"{venue_en} has no price type {name_en}; valid are {', '.join(en for _, en in valid)}",
    )


def check_price_type(market: str, price_type: int) -> None:
    """Refuse a price type that a venue does not have.

    Raises:
        Refused: PRICE_TYPE.
    """
    if price_type not in price_types(market):
        raise refuse_price_type(market, price_type)


def too_fine(price: float) -> Refused:
    """The refusal of a price that no tick could hold."""
    return Refused(
        RefusalCode.TICK,
        f"价格 {price!r} 的小数位超过任何市场的最小变动单位",
        f"price {price!r} has more digits than the tick of any market",
    )


def not_traded_here(code: str, account_type: int) -> Refused:
    """The refusal of an instrument of a kind that this kind of account does not trade."""
    kind = c.ACCOUNT_TYPE_DICT[account_type]
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"{kind} 账户不能交易 {code}",
        f"a {kind} account does not trade {code}",
    )


def _named(group: type[OrderType] | type[PriceType], number: int) -> tuple[str, str]:
    zh, en = group.label_of(number, "zh"), group.label_of(number, "en")
    if zh == str(number):
        return zh, en
    return f"{number}（{zh}）", f"{number} ({en})"
