"""Preview: what the terminal would say to an order and charge for it, before it is sent.

The verdict comes from the rules that the terminal asks too, fed with what the
account has and the best prices of this moment: `previews.py` chooses them by the kind
of account. Limits and the kill switch of the terminal are asked before any rule, as they
stand in front of it (allowance.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from xtnb import xtconstant as c
from xtnb.live.verdict import Verdict
from xtnb.vocabulary.codes import AccountType, OrderType, PriceType
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.options import options

_SIDES = {c.STOCK_BUY: "buy", c.STOCK_SELL: "sell"}
_PAID_IN_FULL = frozenset(
    {
        *(c.STOCK_BUY, c.CREDIT_FIN_BUY, c.CREDIT_BUY_SECU_REPAY),
        *(c.CREDIT_FIN_BUY_SPECIAL, c.CREDIT_BUY_SECU_REPAY_SPECIAL),
        *(c.STOCK_OPTION_BUY_OPEN, c.STOCK_OPTION_BUY_CLOSE, c.STOCK_OPTION_COVERED_CLOSE),
    }
)


def _figure(zh: str, en: str, unit: str = "CNY") -> Any:
    return column(zh, en, unit=unit, dtype="float", default=None)


@dataclass(frozen=True)
class Preview(Verdict):
    """What would happen to an order that is sent now. Amounts are yuan.

    Attributes:
        stock_code, order_type, price_type, volume: the order.
        price: at which it is counted: the limit, for a market buy the protective
            price, for a market sale the best bid.
        accepted: False when it would be refused.
        code: the `RefusalCode`, 0 when accepted.
        reason_zh, reason_en: why it would be refused; "" when accepted.
        amount: `price` times `volume`, and the multiplier of a contract, without fees.
        commission, stamp_duty, transfer_fee: if all of it trades at `price`; what an
            exchange of futures or options charges is in the commission.
        freeze: cash that it sets aside, fees included; 0.0 for a sale.
        freeze_volume: shares or contracts that it sets aside; 0 for a buy.
        cash_before: available cash now.
        cash_after: available cash once a buy is accepted, or a sale is filled; of
            futures and options once the order is accepted.
        account_type: the kind of account.
        currency: of `price`, `amount` and the fees; the rest is in yuan.
        other_fees: levies and settlement fees of Hong Kong.
        margin: what it ties up as margin; of a margin account, available margin used.
        margin_before, margin_after, quota_before, quota_after: available margin and
            the credit line of a margin account, now and once it is accepted. None
            where there is none, or where that is not known beforehand: the direct
            forms settle contracts.
        ratio_before, ratio_after: maintenance ratio in per cent, now and when all of
            it is filled at `price`; 99999 without debt.
    """

    _table = "preview"

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
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.SECURITY_ACCOUNT
    )
    currency: str = column("币种", "currency", default="CNY")
    other_fees: float = column("其他费用", "other fees", default=0.0)
    margin: float | None = _figure("保证金", "margin")
    margin_before: float | None = _figure("可用保证金", "margin before")
    margin_after: float | None = _figure("之后可用保证金", "margin after")
    quota_before: float | None = _figure("可用额度", "credit line before")
    quota_after: float | None = _figure("之后可用额度", "credit line after")
    ratio_before: float | None = _figure("维持担保比例", "maintenance ratio before", "%")
    ratio_after: float | None = _figure("之后维持担保比例", "maintenance ratio after", "%")

    @property
    def fees(self) -> float:
        """All fees together."""
        duties = self.stamp_duty + self.transfer_fee + self.other_fees
        return round(self.commission + duties, 4)

    @property
    def cost(self) -> float:
        """What a buy takes with its fees; for a sale, its fees."""
        buy = self.order_type in _PAID_IN_FULL
        return round(self.amount + self.fees, 4) if buy else self.fees

    @property
    def side(self) -> str:
        """ "buy" or "sell"; for another order type its English name."""
        return _SIDES.get(self.order_type) or OrderType.label_of(
            self.order_type, "en", self.account_type
        )

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
        language = "zh" if zh else "en"
        kind = PriceType.label_of(self.price_type, language)
        side = OrderType.label_of(self.order_type, language, self.account_type)
        rows: list[tuple[str, str]] = [
            (
                "委托" if zh else "order",
                f"{side} {self.volume:,} {self.stock_code} @ {_price(self.price)} ({kind})",
            ),
            ("结果" if zh else "verdict", _verdict(self, zh)),
        ]
        if self.amount:
            rows += [
                ("金额" if zh else "amount", self._money(self.amount)),
                ("佣金" if zh else "commission", self._money(self.commission)),
                ("印花税" if zh else "stamp duty", self._money(self.stamp_duty)),
                ("过户费" if zh else "transfer fee", self._money(self.transfer_fee)),
            ]
        if self.other_fees:
            rows.append(("其他费用" if zh else "other fees", self._money(self.other_fees)))
        rows += [
            ("冻结" if zh else "freeze", f"{self.freeze:,.2f}"),
            ("可用资金" if zh else "cash", f"{self.cash_before:,.2f} → {self.cash_after:,.2f}"),
        ]
        if self.margin is not None:
            rows.append(("保证金" if zh else "margin", f"{self.margin:,.2f}"))
        rows += [
            (name_zh if zh else name_en, f"{before:,.2f} → {_figure_text(after)}")
            for name_zh, name_en, before, after in (
                ("可用保证金", "available margin", self.margin_before, self.margin_after),
                ("可用额度", "credit line", self.quota_before, self.quota_after),
                ("维持担保比例 %", "maintenance ratio %", self.ratio_before, self.ratio_after),
            )
            if before is not None
        ]
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in rows
        )
        return f"<table>{cells}</table>"

    def _money(self, amount: float) -> str:
        return f"{amount:,.2f}" + ("" if self.currency == "CNY" else f" {self.currency}")


def _price(price: float) -> str:
    """Two decimals, three where the third is not 0."""
    text = f"{price:,.3f}"
    return text[:-1] if text.endswith("0") else text


def _figure_text(figure: float | None) -> str:
    return "?" if figure is None else f"{figure:,.2f}"


def _verdict(shown: Preview, zh: bool) -> str:
    if shown.accepted:
        return "可以委托" if zh else "accepted"
    return f"会被拒绝：{shown.reason_zh}" if zh else f"refused: {shown.reason_en}"
