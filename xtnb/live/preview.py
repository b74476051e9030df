"""Preview: what the terminal would say to an order and charge for it, before it is sent.

The verdict comes from `DayRules`, the same object that the terminal asks, fed with
the account's cash and shares and the best prices of this moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.frames.schema import Frame, schema_of
from xtnb.frames.tables import table
from xtnb.rules.day import DayRules
from xtnb.session.calls import order_arguments
from xtnb.vocabulary.codes import OrderType, PriceType
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.money import YUAN, yuan
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote

_LIMITS = frozenset({c.FIX_PRICE, c.LATEST_PRICE})


@dataclass(frozen=True)
class Preview:
    """What would happen to an order that is sent now. Amounts are yuan.

    Attributes:
        stock_code, order_type, price_type, volume: the order.
        price: at which it is counted: the limit, for a market buy the protective
            price, for a market sale the best bid.
        accepted: False when it would be refused.
        code: the `RefusalCode`, 0 when accepted.
        reason_zh, reason_en: why it would be refused; "" when accepted.
        amount: `price` times `volume`, without fees.
        commission, stamp_duty, transfer_fee: if all of it trades at `price`.
        freeze: cash that a buy sets aside, fees included; 0.0 for a sale.
        freeze_volume: shares that a sale sets aside; 0 for a buy.
        cash_before: available cash now.
        cash_after: available cash once a buy is accepted, or a sale is filled.
    """

    stock_code: str = column("证券代码", "code")
    order_type: int = column("委托类型", "order type", codes=OrderType)
    price_type: int = column("报价类型", "price type", codes=PriceType)
    volume: int = column("委托数量", "volume", unit="shares")
    price: float = column("计算价格", "counted price", unit="CNY", decimals=3)
    accepted: bool = column("可以委托", "accepted", dtype="bool")
    code: int = column("拒绝代码", "refusal code")
    reason_zh: str = column("拒绝原因", "reason in Chinese")
    reason_en: str = column("拒绝原因（英文）", "reason")
    amount: float = column("金额", "amount", unit="CNY")
    commission: float = column("佣金", "commission", unit="CNY")
    stamp_duty: float = column("印花税", "stamp duty", unit="CNY")
    transfer_fee: float = column("过户费", "transfer fee", unit="CNY")
    freeze: float = column("冻结资金", "frozen cash", unit="CNY")
    freeze_volume: int = column("冻结数量", "frozen volume", unit="shares")
    cash_before: float = column("可用资金", "cash before", unit="CNY")
    cash_after: float = column("之后可用资金", "cash after", unit="CNY")

    @property
    def reason(self) -> str:
        """Why it would be refused, in the language of `xtnb.options`; "" when accepted."""
        return self.reason_zh if options.language == "zh" else self.reason_en

    @property
    def fees(self) -> float:
        """Commission, stamp duty and transfer fee together."""
        return round(self.commission + self.stamp_duty + self.transfer_fee, 4)

    @property
    def cost(self) -> float:
        """What a buy takes with its fees; for a sale, its fees."""
        buy = self.order_type == c.STOCK_BUY
        return round(self.amount + self.fees, 4) if buy else self.fees

    @property
    def side(self) -> str:
        """ "buy" or "sell"; for another order type its number."""
        return {c.STOCK_BUY: "buy", c.STOCK_SELL: "sell"}.get(self.order_type, str(self.order_type))

    def frame(self) -> Frame:
        """All of it as a table of one row."""
        return table(schema_of("preview", Preview), [self])

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        order = f"{self.side} {self.volume:,} {self.stock_code}"
        if not self.accepted:
            return f"<Preview {order}: refused, {self.reason}>"
        return (
            f"<Preview {order} @ {_price(self.price)}: accepted, fees {self.fees:,.2f}, "
            f"cash {self.cash_before:,.2f} → {self.cash_after:,.2f}>"
        )

    def _repr_html_(self) -> str:
        zh = options.language == "zh"
        kind = PriceType.label_of(self.price_type, options.language)
        rows: list[tuple[str, str]] = [
            (
                "委托" if zh else "order",
                f"{_side(self.order_type, zh)} {self.volume:,} "
                f"{self.stock_code} @ {_price(self.price)} ({kind})",
            ),
            ("结果" if zh else "verdict", _verdict(self, zh)),
        ]
        if self.amount:
            rows += [
                ("金额" if zh else "amount", f"{self.amount:,.2f}"),
                ("佣金" if zh else "commission", f"{self.commission:,.2f}"),
                ("印花税" if zh else "stamp duty", f"{self.stamp_duty:,.2f}"),
                ("过户费" if zh else "transfer fee", f"{self.transfer_fee:,.2f}"),
            ]
        rows += [
            ("冻结" if zh else "freeze", f"{self.freeze:,.2f}"),
            ("可用资金" if zh else "cash", f"{self.cash_before:,.2f} → {self.cash_after:,.2f}"),
        ]
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in rows
        )
        return f"<table>{cells}</table>"


def preview(
    rules: DayRules | Refused,
    quote: Quote | None,
    *,
    account_type: int,
    cash: int,
    sellable: int,
    held: int,
    stock_code: str,
    order_type: int,
    volume: int,
    price_type: int,
    price: float,
) -> Preview:
    """Say what the terminal would do with an order.

    Args:
        rules: those of the instrument today, or the refusal of an unknown code.
        quote: the market now.
        account_type: the kind of account that would trade.
        cash: available, 1e-4 yuan.
        sellable: shares that may be sold now.
        held: all that the account has of it.
        stock_code, order_type, volume, price_type, price: as for an order; yuan.

    Raises:
        InputError: what `order_stock` would raise for these arguments.
    """
    asked = order_arguments(stock_code, order_type, volume, price_type, price, "", "")
    volume = asked["order_volume"]
    buy = order_type == c.STOCK_BUY
    bid, ask, last = _best(quote)
    counted = 0
    refusal: Refused | None = None
    try:
        if isinstance(rules, Refused):
            raise rules
        counted = rules.check(
            account_type,
            order_type,
            price_type,
            volume,
            _exact(asked["price"]),
            sellable=sellable,
            bid=bid,
            ask=ask,
            last=last,
            held=held,
        )
        frozen = rules.cost(volume, counted) if buy else 0
        if frozen > cash:
            raise CashShort(wanted=frozen, available=cash)
    except Refused as refused:
        refusal, frozen = refused, 0
    if counted and not buy and price_type not in _LIMITS:
        counted = bid or last or counted  # what it is likely to bring, not its floor
    amount = counted * volume
    commission = stamp = transfer = after = 0
    if not isinstance(rules, Refused) and amount:
        fees = rules.fees(buy, amount)
        commission, stamp, transfer = fees.commission, fees.stamp_duty, fees.transfer_fee
        after = frozen if buy else fees.total - amount
    return Preview(
        stock_code=asked["stock_code"],
        order_type=order_type,
        price_type=price_type,
        volume=volume,
        price=yuan(counted) if counted else asked["price"],
        accepted=refusal is None,
        code=int(refusal.code) if refusal else 0,
        reason_zh=refusal.zh if refusal else "",
        reason_en=refusal.en if refusal else "",
        amount=yuan(amount),
        commission=yuan(commission),
        stamp_duty=yuan(stamp),
        transfer_fee=yuan(transfer),
        freeze=yuan(frozen),
        freeze_volume=0 if buy or refusal else volume,
        cash_before=yuan(cash),
        cash_after=yuan(cash if refusal else cash - after),
    )


def unknown_code(stock_code: str) -> Refused:
    """The refusal of a code that the terminal's market does not have."""
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"没有证券代码 {stock_code}",
        f"the market has no instrument {stock_code}",
    )


def _exact(price: float) -> int:
    """A price in whole 1e-4 yuan. Raises Refused for one with more digits than any tick."""
    scaled = price * YUAN
    units = round(scaled)
    if not -0.001 < scaled - units < 0.001:
        raise Refused(
            RefusalCode.TICK,
            f"价格 {price!r} 的小数位超过任何市场的最小变动单位",
            f"price {price!r} has more digits than the tick of any market",
        )
    return units


def _best(quote: Quote | None) -> tuple[int, int, int]:
    """Best bid, best ask and last price, 1e-4 yuan; 0 where there is none."""
    if quote is None:
        return 0, 0, 0
    bid = quote.bid_price[0] if quote.bid_price else 0.0
    ask = quote.ask_price[0] if quote.ask_price else 0.0
    return round(bid * YUAN), round(ask * YUAN), round(quote.last_price * YUAN)


def _price(price: float) -> str:
    """Two decimals, three where the third is not 0."""
    text = f"{price:,.3f}"
    return text[:-1] if text.endswith("0") else text


def _side(order_type: int, zh: bool) -> str:
    names: dict[int, Any] = {c.STOCK_BUY: ("买入", "buy"), c.STOCK_SELL: ("卖出", "sell")}
    pair = names.get(order_type, (str(order_type),) * 2)
    return str(pair[0] if zh else pair[1])


def _verdict(shown: Preview, zh: bool) -> str:
    if shown.accepted:
        return "可以委托" if zh else "accepted"
    return f"会被拒绝：{shown.reason_zh}" if zh else f"refused: {shown.reason_en}"
