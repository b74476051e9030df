"""Why an options order is refused, in words."""

from __future__ import annotations

from datetime import date

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused, VolumeShort
from xtnb.rules.sessions import shown
from xtnb.vocabulary.codes import OrderType, PriceType
from xtnb.vocabulary.money import YUAN

_VENUES = {
    "SHO": ("上海期权", "Shanghai options"),
    "SZO": ("深圳期权", "Shenzhen options"),
}


def _named(number: int) -> tuple[str, str]:
    kind = c.STOCK_OPTION_ACCOUNT
    zh = OrderType.label_of(number, "zh", kind)
    en = OrderType.label_of(number, "en", kind)
    return (zh, en) if zh == str(number) else (f"{number}（{zh}）", f"{number} ({en})")


def _shown(price: int) -> str:
    return f"{price / YUAN:.4f}"


def wrong_order_type(order_type: int) -> Refused:
    """An order type that a stock option account does not have."""
    zh, en = _named(order_type)
    return Refused(
        RefusalCode.ORDER_TYPE,
        f"STOCK_OPTION 账户没有委托类型 {zh}；可用 48 至 57",
        f"STOCK_OPTION accounts have no order type {en}; they may use 48 to 57",
    )


def calls_only(code: str) -> Refused:
    """A put cannot be sold covered."""
    return Refused(
        RefusalCode.ORDER_TYPE,
        f"{code} 是认沽期权；备兑开平仓只用于认购期权",
        f"{code} is a put; covered orders are for calls only",
    )


def wrong_exercise(code: str, call: bool) -> Refused:
    """54 is for calls, 55 for puts."""
    zh, en = ("认购", "call") if call else ("认沽", "put")
    number = c.STOCK_OPTION_CALL_EXERCISE if call else c.STOCK_OPTION_PUT_EXERCISE
    return Refused(
        RefusalCode.EXERCISE,
        f"{code} 是{zh}期权，请用委托类型 {number} 行权",
        f"{code} is a {en}; exercise it with order type {number}",
    )


def not_expiry_day(code: str, expiry: date) -> Refused:
    """European options are exercised on their last day."""
    return Refused(
        RefusalCode.EXERCISE,
        f"{code} 只能在到期日 {expiry} 行权",
        f"{code} can be exercised on its expiry day only, {expiry}",
    )


def halted(code: str, second: int) -> Refused:
    """Within three minutes of a move of half the reference price."""
    until = shown(second)
    return Refused(
        RefusalCode.HALTED,
        f"{code} 价格较参考价变动达 50%，熔断至 {until}；本市场没有集合竞价，其间不接受委托",
        f"{code} moved by half its reference price and is halted until {until}; this market "
        "has no call auctions, so it takes no orders until then",
    )


def too_late(code: str, second: int, until: int) -> Refused:
    """After the hour up to which exercises are taken on the last day."""
    now, end = shown(second), shown(until)
    return Refused(
        RefusalCode.EXERCISE,
        f"{code} 的行权申报截至到期日 {end}，现在 {now}",
        f"exercises of {code} are taken until {end} of its expiry day; it is {now}",
    )


def expired(code: str, expiry: date) -> Refused:
    """The contract is not traded any more."""
    return Refused(RefusalCode.EXPIRED, f"{code} 已于 {expiry} 到期", f"{code} expired on {expiry}")


def wrong_price_type(market: str, price_type: int, valid: frozenset[int]) -> Refused:
    """A price type that the venue does not have."""
    venue_zh, venue_en = _VENUES.get(market, (market, market))
    zh, en = PriceType.label_of(price_type, "zh"), PriceType.label_of(price_type, "en")
    valid_zh = "、".join(f"{n}（{PriceType.label_of(n, 'zh')}）" for n in sorted(valid))
    valid_en = ", ".join(f"{n} ({PriceType.label_of(n, 'en')})" for n in sorted(valid))
    return Refused(
        RefusalCode.PRICE_TYPE,
        f"{venue_zh}没有报价类型 {price_type}（{zh}）；可用：{valid_zh}",
        f"{venue_en} have no price type {price_type} ({en}); valid are {valid_en}",
    )


def limit_only(order_type: int) -> Refused:
    """What needs no market takes the limit price type only."""
    zh, en = _named(order_type)
    return Refused(
        RefusalCode.PRICE_TYPE,
        f"委托类型 {zh} 不参与撮合，报价类型须为 11（指定价）",
        f"order type {en} is not matched; its price type is 11 (limit)",
    )


def too_few(volume: int) -> Refused:
    """At least one."""
    return Refused(
        RefusalCode.LOT,
        f"委托数量至少为 1，实为 {volume:,}",
        f"an order is for at least 1, this one is for {volume:,}",
    )


def too_large(volume: int, most: int, limit: bool) -> Refused:
    """More contracts than one order may have."""
    zh, en = ("限价", "limit") if limit else ("市价", "market")
    return Refused(
        RefusalCode.TOO_LARGE,
        f"期权{zh}委托单笔最多 {most} 张，委托数量 {volume:,}",
        f"a {en} order is for at most {most} contracts, this one is for {volume:,}",
    )


def off_tick(price: int, tick: int) -> Refused:
    """Between two ticks."""
    return Refused(
        RefusalCode.TICK,
        f"价格 {_shown(price)} 不是最小变动单位 {_shown(tick)} 的整数倍",
        f"price {_shown(price)} is off the tick of {_shown(tick)}",
    )


def outside(price: int, down: int, up: int) -> Refused:
    """Beyond the daily limits."""
    return Refused(
        RefusalCode.PRICE_LIMIT,
        f"价格 {_shown(price)} 超出涨跌停范围：跌停 {_shown(down)}，涨停 {_shown(up)}",
        f"price {_shown(price)} is outside today's limits: {_shown(down)} (limit down) to "
        f"{_shown(up)} (limit up)",
    )


def over_close(volume: int, usable: int) -> VolumeShort:
    """More contracts than can be closed or exercised."""
    refused = VolumeShort(volume, usable)
    refused.zh = f"可平 {usable:,} 张，不足 {volume:,} 张"
    refused.en = f"{usable:,} contracts can be closed or exercised, not {volume:,}"
    return refused


def locked_short(wanted: int, free: int) -> Refused:
    """Locked shares do not cover it."""
    return Refused(
        RefusalCode.LOCKED,
        f"已锁定且未占用的标的 {free:,} 股，不足 {wanted:,} 股",
        f"{free:,} locked shares are free, {wanted:,} are needed",
    )


def no_underlying(code: str) -> Refused:
    """Shares of it cover no option."""
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"{code} 不是期权标的，不能锁定或解锁",
        f"{code} is not an underlying of options, so its shares cannot be locked",
    )
