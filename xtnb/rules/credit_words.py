"""Why a margin account's order is refused, in words: each with what would be valid."""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.vocabulary.codes import OrderType
from xtnb.vocabulary.money import YUAN, text


def _named(order_type: int) -> tuple[str, str]:
    zh = OrderType.label_of(order_type, "zh", account_type=c.CREDIT_ACCOUNT)
    en = OrderType.label_of(order_type, "en", account_type=c.CREDIT_ACCOUNT)
    return f"{order_type}（{zh}）", f"{order_type} ({en})"


def _pool(special: bool) -> tuple[str, str]:
    return ("专项", "special") if special else ("普通", "ordinary")


def wrong_type(order_type: int) -> Refused:
    """An order type that a margin account does not have."""
    zh, en = _named(order_type)
    valid = "23, 24, 27-32, 40-45"
    return Refused(
        RefusalCode.ORDER_TYPE,
        f"CREDIT 账户没有委托类型 {zh}；可用 {valid}",
        f"CREDIT accounts have no order type {en}; they may send {valid}",
    )


def not_eligible(code: str, order_type: int) -> Refused:
    """A security that is on no list for this kind of order."""
    zh, en = _named(order_type)
    return Refused(
        RefusalCode.NOT_ELIGIBLE,
        f"{code} 今日不在可{zh}的名单中",
        f"{code} is not on today's list for {en}",
    )


def only_limit(order_type: int) -> Refused:
    """A price type that this form does not take."""
    zh, en = _named(order_type)
    short = order_type == c.CREDIT_SLO_SELL
    valid = (
        f"{c.FIX_PRICE}、{c.LATEST_PRICE}" if short else str(c.FIX_PRICE),
        f"{c.FIX_PRICE} or {c.LATEST_PRICE}" if short else str(c.FIX_PRICE),
    )
    return Refused(
        RefusalCode.PRICE_TYPE,
        f"委托类型 {zh}只接受报价类型 {valid[0]}",
        f"order type {en} takes price type {valid[1]} only",
    )


def only_lots(volume: int, lot: int) -> Refused:
    """A volume or amount that is no whole number of lots, or not above 0."""
    if lot == 1:
        return Refused(
            RefusalCode.LOT,
            f"数量须大于 0，委托 {volume:,}",
            f"the volume must be above 0, was {volume:,}",
        )
    return Refused(
        RefusalCode.LOT,
        f"融券卖出须为整手（{lot}），委托数量 {volume:,}",
        f"a short sale is of whole lots of {lot}, this one is {volume:,}",
    )


def lendable_short(volume: int, lendable: int, special: bool) -> Refused:
    """More than can be borrowed."""
    zh, en = _pool(special)
    return Refused(
        RefusalCode.LENDABLE,
        f"{zh}头寸可融券数量 {lendable:,}，不足 {volume:,}",
        f"the {en} pool can lend {lendable:,}, which does not cover {volume:,}",
    )


def uptick(price: int, last: int) -> Refused:
    """A short sale below the last price. Source: 融资融券交易实施细则, by MARGINF."""
    shown, floor = f"{price / YUAN:,.3f}", f"{last / YUAN:,.3f}"
    return Refused(
        RefusalCode.UPTICK,
        f"融券卖出价 {shown} 低于最新成交价（无成交时为前收盘价）{floor}",
        f"short sale price {shown} is below the last price (or previous close) of {floor}",
    )


def uptick_own(price: int, last: int, market_order: bool) -> Refused:
    """A sale, below the last price, of a security that the account is short in.

    Source: one secondary source (S, `CreditSettings.uptick_own`). That it holds for a
    market order, which accepts any price, and for this account alone, is ours.
    """
    shown, floor = f"{price / YUAN:,.3f}", f"{last / YUAN:,.3f}"
    zh, en = f"卖出价 {shown}", f"the price, {shown},"
    if market_order:
        zh, en = f"市价委托可能成交到 {shown}，", f"a market order, which accepts {shown},"
    return Refused(
        RefusalCode.UPTICK,
        f"融券负债未了结期间卖出同一证券：{zh}低于最新成交价（无成交时为前收盘价）{floor}",
        f"while the account is short in this security it sells no lower: {en} is below the "
        f"last price (or previous close) of {floor}",
    )


def own_short(volume: int, own: int, sellable: int) -> Refused:
    """A sale or a return of shares that an open margin purchase pays for."""
    return Refused(
        RefusalCode.VOLUME,
        f"可用自有数量 {own:,}，不足 {volume:,}；可用 {sellable:,} 中其余为未了结融资买入，"
        f"请用 {c.CREDIT_SELL_SECU_REPAY} 卖券还款",
        f"own sellable volume {own:,} does not cover {volume:,}; the rest of {sellable:,} was "
        f"bought on margin and is sold to repay ({c.CREDIT_SELL_SECU_REPAY})",
    )


def no_debt(special: bool) -> Refused:
    """A repayment where no cash is owed."""
    zh, en = _pool(special)
    return Refused(
        RefusalCode.DEBT,
        f"{zh}头寸没有需要偿还的融资负债或息费",
        f"no cash is owed in the {en} pool",
    )


def debt_short(volume: int, owed: int, special: bool) -> Refused:
    """A return of more shares than are owed and not being bought back already."""
    zh, en = _pool(special)
    return Refused(
        RefusalCode.DEBT,
        f"{zh}头寸待还券 {owed:,}（已扣除在途买券还券），委托数量 {volume:,}",
        f"{owed:,} shares are owed in the {en} pool and not being bought back, "
        f"the order is for {volume:,}",
    )


def quota_short(amount: int, quota: int, short: bool) -> Refused:
    """More than is left of the credit line."""
    zh, en = ("融券", "short selling") if short else ("融资", "margin buying")
    return Refused(
        RefusalCode.QUOTA,
        f"{zh}可用额度 {text(quota)} 元，不足 {text(amount)} 元",
        f"the {en} line has {text(quota)} CNY left, which does not cover {text(amount)} CNY",
    )


def margin_short(needed: int, available: int) -> Refused:
    """Less margin than the order needs."""
    return Refused(
        RefusalCode.MARGIN,
        f"可用保证金 {text(available)} 元，不足 {text(needed)} 元",
        f"available margin {text(available)} CNY does not cover {text(needed)} CNY",
    )


def margin_call(ratio: int, line: int) -> Refused:
    """No more borrowing below the warning line. Ours."""
    shown, warn = f"{ratio / 100:.2f}%", f"{line / 100:.2f}%"
    return Refused(
        RefusalCode.MARGIN_CALL,
        f"维持担保比例 {shown} 低于预警线 {warn}，不能新增融资融券",
        f"maintenance ratio {shown} is below the warning line of {warn}: nothing more is lent",
    )


def pool_short(code: str, volume: int, free: int) -> Refused:
    """More taken back from the special pool than lies there unused."""
    return Refused(
        RefusalCode.LENDABLE,
        f"{code} 专项头寸未使用 {free:,}，不足 {volume:,}",
        f"{free:,} unused special shares of {code} do not cover {volume:,}",
    )
