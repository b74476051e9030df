"""The figures that a margin account is judged by, and the sums made of them.

`Funds` and `Room` are what an order needs to know of an account; both can be read
from the records that the queries of the API bring, so a ticket can ask the same
rules as the paper terminal. `Verdict` and `Outcome` are the answers of
`xtnb.rules.margin.CreditRules`.

Amounts are whole 1e-4 yuan; ratios are whole ten-thousandths; volumes are shares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xtnb import xtconstant as c
from xtnb.rules.collateral import WHOLE
from xtnb.vocabulary.credit import CreditSloCode, StkCompacts, XtCreditDetail
from xtnb.vocabulary.money import units
from xtnb.vocabulary.records import XtOrder, XtPosition

# The numbers of StkCompacts and of the lists are those of the vendor's other
# dictionary as far as is known (U).
FINANCING, SHORT = 48, 49  # compact_type
ORDINARY, SPECIAL = 48, 49  # cashgroup_prop

BUY, SELL = c.CREDIT_BUY, c.CREDIT_SELL
FIN_BUY, SLO_SELL = c.CREDIT_FIN_BUY, c.CREDIT_SLO_SELL
BUY_TO_RETURN, RETURN = c.CREDIT_BUY_SECU_REPAY, c.CREDIT_DIRECT_SECU_REPAY
SELL_TO_REPAY, REPAY = c.CREDIT_SELL_SECU_REPAY, c.CREDIT_DIRECT_CASH_REPAY
_FIRST_SPECIAL = c.CREDIT_FIN_BUY_SPECIAL
_SPECIAL_STEP = _FIRST_SPECIAL - FIN_BUY
ORDER_TYPES = frozenset(
    {BUY, SELL}
    | set(range(FIN_BUY, REPAY + 1))
    | set(range(_FIRST_SPECIAL, REPAY + _SPECIAL_STEP + 1))
)
NO_DEBT_RATIO = 9_999_900  # 99999 %: shown where there is no debt; ours


def base_type(order_type: int) -> tuple[int, bool]:
    """An order type without its pool, and whether it is of the special pool (40 to 45)."""
    if order_type >= _FIRST_SPECIAL:
        return order_type - _SPECIAL_STEP, True
    return order_type, False


def in_pool(order_type: int, special: bool) -> int:
    """The order type 27 to 32 in the pool that is meant."""
    return order_type + _SPECIAL_STEP if special else order_type


@dataclass(frozen=True, slots=True)
class Stake:
    """What an account has and owes in one security, for the margin formula.

    Attributes:
        stock_code, last: the security and its price.
        volume: shares held, bought on margin or not.
        fin_volume, fin_amount: of open financing contracts: the share of what was
            bought that is not repaid, and the principal.
        slo_volume, slo_amount: shares owed, and what they were sold for.
    """

    stock_code: str
    last: int
    volume: int = 0
    fin_volume: int = 0
    fin_amount: int = 0
    slo_volume: int = 0
    slo_amount: int = 0


@dataclass(frozen=True, slots=True)
class Funds:
    """What an account can spend, borrow and owes, as XtCreditDetail tells it.

    Attributes:
        cash: free cash, without short proceeds.
        proceeds: short proceeds that are free for their uses.
        margin: available margin, below 0 when prices went against the account.
        fin_quota, slo_quota: what is left of the credit lines.
        assets, debt: total assets and total debt.
    """

    cash: int
    proceeds: int
    margin: int
    fin_quota: int
    slo_quota: int
    assets: int
    debt: int

    @classmethod
    def of(cls, detail: XtCreditDetail) -> Funds:
        """Read from the answer to query_credit_detail."""
        return cls(
            units(detail.m_dAvailable),
            units(detail.m_dSurplusSloSellBalance),
            units(detail.m_dEnableBailBalance),
            units(detail.m_dFinEnableQuota),
            units(detail.m_dSloEnableQuota),
            units(detail.m_dBalance),
            units(detail.m_dTotalDebt),
        )


@dataclass(frozen=True, slots=True)
class Room:
    """What an account has for one order, in the order's pool where it has one.

    Attributes:
        sellable: shares that may be sold now; held: all shares held.
        own: of the sellable shares, those that no open margin purchase pays for.
        lendable: shares that can be borrowed.
        owed: shares owed, less what open buy-to-return orders still buy.
        due: cash owed: financing principal, interest and fees.
        arriving: shares bought today, which can be sold tomorrow.
        short: shares owed in both pools, whether they are being bought back or not.
    """

    sellable: int = 0
    held: int = 0
    own: int = 0
    lendable: int = 0
    owed: int = 0
    due: int = 0
    arriving: int = 0
    short: int = 0

    @classmethod
    def of(
        cls,
        stock_code: str,
        order_type: int,
        positions: Iterable[XtPosition] = (),
        compacts: Iterable[StkCompacts] = (),
        slo_codes: Iterable[CreditSloCode] = (),
        orders: Iterable[XtOrder] = (),
        detail: XtCreditDetail | None = None,
    ) -> Room:
        """Read from the answers to the queries; what is not given counts as nothing."""
        _, special = base_type(order_type)
        pool = SPECIAL if special else ORDINARY
        listed = c.MARKET_STR_TO_ENUM_MAPPING.get(stock_code[-2:])
        held = sellable = frozen = financed = owed = due = arriving = short = 0
        for position in positions:
            if position.stock_code == stock_code:
                held, sellable = position.volume, position.can_use_volume
                frozen, arriving = position.frozen_volume, position.on_road_volume
        for compact in compacts:
            here = compact.instrument_id == stock_code[:-3] and compact.exchange_id == listed
            if compact.compact_type == FINANCING:
                financed += compact.real_compact_vol if here else 0
            elif here:
                short += compact.real_compact_vol
                owed += compact.real_compact_vol if compact.cashgroup_prop == pool else 0
            if compact.cashgroup_prop == pool:
                due += units(compact.real_compact_fare)
                if compact.compact_type == FINANCING:
                    due += units(compact.real_compact_balance)
        if detail is not None and not special:
            due += units(detail.m_dOtherFare)
        for order in orders:
            working = order.order_status in (c.ORDER_REPORTED, c.ORDER_PART_SUCC)
            if working and order.stock_code == stock_code:
                buying = order.order_type == in_pool(BUY_TO_RETURN, special)
                owed -= order.order_volume - order.traded_volume if buying else 0
        lendable = sum(
            row.enable_amount
            for row in slo_codes
            if row.instrument_id == stock_code[:-3]
            and row.exchange_id == listed
            and row.cashgroup_prop == pool
        )
        own = max(0, min(sellable, held - frozen - financed))
        return cls(sellable, held, own, lendable, max(0, owed), due, arriving, short)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an order may do, and what it takes.

    Attributes:
        order_type: the base type, 23, 24 or 27 to 32; special: of the special pool.
        buy: the side in the book.
        matched: it goes to the market; the direct forms are done at once.
        volume: shares, or for a direct repayment the amount in 1e-4 yuan.
        price: the limit, or the worst price of a market order.
        hold_price: what each share counts for margin and quota.
        cash, proceeds: own cash and short proceeds that it freezes.
        fees: at `price`, inside `cash` and `proceeds` for a buy.
        shares: of the holding, frozen.
        borrowed: shares taken out of the lendable pool.
        returns: shares that go back to the lender.
        margin, quota: available margin and credit line that it uses.
        ratio: margin ratio of the contract that it would open.
    """

    order_type: int
    special: bool
    buy: bool
    matched: bool
    volume: int
    price: int = 0
    hold_price: int = 0
    cash: int = 0
    proceeds: int = 0
    fees: int = 0
    shares: int = 0
    borrowed: int = 0
    returns: int = 0
    margin: int = 0
    quota: int = 0
    ratio: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """An account before and after an order.

    `cash_after`, `margin_after` and `quota_after` are those once the order is accepted;
    `ratio_after` once all of it is filled at its price, at today's marks. The direct
    forms (30, 32) are done at once: which contracts they end says what becomes of the
    margin and the quota, and those are None here.
    """

    cash_before: int
    cash_after: int
    margin_before: int
    margin_after: int | None
    quota_before: int
    quota_after: int | None
    ratio_before: int
    ratio_after: int


def maintenance_ratio(assets: int, debt: int) -> int:
    """Assets over debt, ten-thousandths, rounded down; `NO_DEBT_RATIO` without debt.

    维持担保比例: (cash + securities) / (principal + shares owed at their price +
    interest and fees). Source: unverified; rounding and the figure without debt are ours.
    """
    if debt <= 0:
        return NO_DEBT_RATIO
    return min(max(assets, 0) * WHOLE // debt, NO_DEBT_RATIO)


def withdrawable(cash: int, assets: int, debt: int, line: int) -> int:
    """How much of `cash` may leave: only what is above the withdraw line. 提取线"""
    if debt <= 0:
        return cash
    return max(0, min(cash, assets - -(-debt * line // WHOLE)))


def needed_margin(price: int, volume: int, ratio: int) -> int:
    """Margin of borrowing `volume` at `price`, rounded up."""
    return -(-price * volume * ratio // WHOLE)
