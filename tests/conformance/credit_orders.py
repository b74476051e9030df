"""What each order type does to a margin account."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.conformance.case import Row
from tests.conformance.orders import Dealt, Effect, near, order_case
from tests.conformance.stage import CREDIT, Stage
from xtnb import xtconstant as c
from xtnb.rules.credit_figures import FINANCING, ORDINARY, SHORT, SPECIAL

BANK, FINANCED, SHORTED, LENT = "600036.SH", "601318.SH", "600519.SH", "600276.SH"


def _digits(code: str) -> str:
    return code.partition(".")[0]


def _pool(special: bool) -> int:
    return SPECIAL if special else ORDINARY


def _costs_only_fees(dealt: Dealt) -> None:
    """At the last price no order makes the account richer or poorer, but for its fees."""
    own = dealt.after.detail.m_dAssureAsset - dealt.before.detail.m_dAssureAsset
    assert near(own, -dealt.fees)


def _buy(dealt: Dealt) -> None:
    detail, old = dealt.after.detail, dealt.before.detail
    assert dealt.came(BANK) == 200
    assert near(dealt.cash, -dealt.amount - dealt.fees)
    assert near(detail.m_dAvailable, dealt.after.asset.cash)
    assert near(detail.m_dSurplusSloSellBalance, old.m_dSurplusSloSellBalance)
    assert near(detail.m_dTotalDebt, old.m_dTotalDebt)


def _sell(dealt: Dealt) -> None:
    assert dealt.came(BANK) == -200
    assert near(dealt.cash, dealt.amount - dealt.fees)
    assert near(dealt.after.detail.m_dTotalDebt, dealt.before.detail.m_dTotalDebt)


def _fin_buy(special: bool) -> Effect:
    def effect(dealt: Dealt) -> None:
        detail, old = dealt.after.detail, dealt.before.detail
        (new,) = [one for key, one in dealt.after.debts.items() if key not in dealt.before.debts]
        assert (new.compact_type, new.cashgroup_prop) == (FINANCING, _pool(special))
        assert (new.instrument_id, new.business_vol) == (_digits(FINANCED), 200)
        assert near(new.real_compact_balance, dealt.amount)
        assert dealt.came(FINANCED) == 200
        assert near(dealt.cash, -dealt.fees)
        assert near(detail.m_dFinDebt, old.m_dFinDebt + dealt.amount)
        assert near(detail.m_dFinEnableQuota, old.m_dFinEnableQuota - dealt.amount)
        assert detail.m_dEnableBailBalance < old.m_dEnableBailBalance
        assert detail.m_dPerAssurescaleValue < old.m_dPerAssurescaleValue
        _costs_only_fees(dealt)

    return effect


def _slo_sell(code: str, special: bool) -> Effect:
    def effect(dealt: Dealt) -> None:
        detail, old = dealt.after.detail, dealt.before.detail
        (new,) = [one for key, one in dealt.after.debts.items() if key not in dealt.before.debts]
        assert (new.compact_type, new.cashgroup_prop) == (SHORT, _pool(special))
        assert (new.instrument_id, new.real_compact_vol) == (_digits(code), 100)
        key = _digits(code), _pool(special)
        assert dealt.after.lendable[key] == dealt.before.lendable[key] - 100
        assert near(dealt.cash, 0)
        proceeds = detail.m_dSurplusSloSellBalance - old.m_dSurplusSloSellBalance
        assert near(proceeds, dealt.amount - dealt.fees)
        assert near(detail.m_dSloMarketValue, old.m_dSloMarketValue + dealt.amount)
        assert dealt.came(code) == 0
        _costs_only_fees(dealt)

    return effect


def _returned(code: str, special: bool, bought: bool) -> Effect:
    def effect(dealt: Dealt) -> None:
        detail, old = dealt.after.detail, dealt.before.detail
        kind = SHORT, _pool(special), _digits(code)

        def owed(debts: dict) -> int:
            return sum(
                one.real_compact_vol
                for one in debts.values()
                if (one.compact_type, one.cashgroup_prop, one.instrument_id) == kind
            )

        assert owed(dealt.after.debts) == owed(dealt.before.debts) - 100
        assert detail.m_dSloMarketValue < old.m_dSloMarketValue
        key = kind[2], kind[1]
        assert dealt.after.lendable[key] == dealt.before.lendable[key] + 100
        assert dealt.came(code) == (0 if bought else -100)
        _costs_only_fees(dealt)

    return effect


def _sell_to_repay(code: str) -> Effect:
    def effect(dealt: Dealt) -> None:
        detail, old = dealt.after.detail, dealt.before.detail
        assert dealt.came(code) == -200
        assert near(detail.m_dFinDebt, old.m_dFinDebt - dealt.amount + dealt.fees)
        assert near(dealt.cash, 0)
        assert detail.m_dFinEnableQuota > old.m_dFinEnableQuota
        _costs_only_fees(dealt)

    return effect


def _repay(dealt: Dealt) -> None:
    detail, old = dealt.after.detail, dealt.before.detail
    assert near(dealt.cash, -1_000)
    assert near(detail.m_dTotalDebt, old.m_dTotalDebt - 1_000)
    _costs_only_fees(dealt)


def _first(*orders: tuple[int, str, int, bool | None]) -> Callable[[Stage], None]:
    def before(stage: Stage) -> None:
        for order_type, code, volume, buy in orders:
            assert buy is not None
            stage.deal(CREDIT, order_type, code, volume, buy)

    return before


def _with_shares(code: str) -> Callable[[Stage], None]:
    """Own shares of what is then sold short: bought the day before."""

    def before(stage: Stage) -> None:
        stage.deal(CREDIT, c.CREDIT_BUY, code, 100, True)
        stage.next_day()
        if code == LENT:
            stage.deal(CREDIT, c.CREDIT_SLO_SELL_SPECIAL, code, 100, False)

    return before


def rows() -> Iterator[Row]:
    """The fourteen order types of a margin account."""
    yield order_case(CREDIT, c.CREDIT_BUY, BANK, 200, _buy, buy=True)
    yield order_case(CREDIT, c.CREDIT_SELL, BANK, 200, _sell, buy=False)
    yield order_case(CREDIT, c.CREDIT_FIN_BUY, FINANCED, 200, _fin_buy(False), buy=True)
    sold = _slo_sell(BANK, False)
    yield order_case(CREDIT, c.CREDIT_SLO_SELL, BANK, 100, sold, buy=False)
    back = _returned(SHORTED, False, True)
    yield order_case(CREDIT, c.CREDIT_BUY_SECU_REPAY, SHORTED, 100, back, buy=True)
    back, held = _returned(SHORTED, False, False), _with_shares(SHORTED)
    yield order_case(CREDIT, c.CREDIT_DIRECT_SECU_REPAY, SHORTED, 100, back, buy=None, before=held)
    repaid = _sell_to_repay(FINANCED)
    yield order_case(CREDIT, c.CREDIT_SELL_SECU_REPAY, FINANCED, 200, repaid, buy=False)
    yield order_case(CREDIT, c.CREDIT_DIRECT_CASH_REPAY, BANK, 1_000, _repay, buy=None)

    yield order_case(CREDIT, c.CREDIT_FIN_BUY_SPECIAL, FINANCED, 200, _fin_buy(True), buy=True)
    sold = _slo_sell(LENT, True)
    yield order_case(CREDIT, c.CREDIT_SLO_SELL_SPECIAL, LENT, 100, sold, buy=False)
    back, short = _returned(LENT, True, True), _first((41, LENT, 100, False))
    yield order_case(
        CREDIT, c.CREDIT_BUY_SECU_REPAY_SPECIAL, LENT, 100, back, buy=True, before=short
    )
    back, held = _returned(LENT, True, False), _with_shares(LENT)
    yield order_case(
        CREDIT, c.CREDIT_DIRECT_SECU_REPAY_SPECIAL, LENT, 100, back, buy=None, before=held
    )
    repaid, borrowed = _sell_to_repay(BANK), _first((40, BANK, 1_000, True))
    yield order_case(
        CREDIT, c.CREDIT_SELL_SECU_REPAY_SPECIAL, BANK, 200, repaid, buy=False, before=borrowed
    )
    yield order_case(
        CREDIT, c.CREDIT_DIRECT_CASH_REPAY_SPECIAL, BANK, 1_000, _repay, buy=None, before=borrowed
    )
