"""The credit queries of the API, answered from a margin account's figures.

`instrument_id` is the code without its market, which `exchange_id` names (0 Shanghai,
1 Shenzhen, 70 Beijing); the numbers for kinds, pools and states are those of the
vendor's other dictionary as far as is known (U). Lists hold what this market trades.
"""

from __future__ import annotations

from collections.abc import Iterator

from xtnb import xtconstant as c
from xtnb.rules.collateral import LISTED, NOT_LISTED, WHOLE, Security
from xtnb.rules.credit_figures import (
    FINANCING,
    ORDINARY,
    SHORT,
    SPECIAL,
    withdrawable,
)
from xtnb.terminal.accounts.credit_state import CreditState
from xtnb.vocabulary.credit import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtCreditDetail,
)
from xtnb.vocabulary.money import yuan


def _exchange(code: str) -> int:
    return int(c.MARKET_STR_TO_ENUM_MAPPING[code[-2:]])


def detail(state: CreditState) -> XtCreditDetail:
    """Money, debts and quotas now. 信用资产

    Ours where the manual only has a name: frozen cash holds frozen short proceeds
    too; `m_dBalance` is cash, short proceeds and market value; used quotas are what is
    owed and what open orders reserve; of the short proceeds, used and left add up to
    the whole, and what orders hold counts as used; the maintenance ratio is per cent,
    99999 without debt; `m_nCalcConfig` is the days of a year of interest.
    """
    ledger, debts, cash = state.ledger, state.debts, state.cash
    settings, funds = state.settings, state.funds()
    stocks = in_funds = profit = 0
    for code, held in state.holdings.items():
        worth = held.volume * held.mark.last
        if state.market.instruments[code].kind == "etf":
            in_funds += worth
        else:
            stocks += worth
        profit += worth - held.paid
    owed = state.short_value()
    principal, fin_fee, slo_fee = debts.fin_principal, debts.interest(False), debts.interest(True)
    left = ledger.proceeds
    sold = max(debts.locked, left + ledger.proceeds_frozen)
    free = withdrawable(cash.withdrawable, funds.assets, funds.debt, settings.withdraw_line)
    return XtCreditDetail(
        account_id=state.account_id,
        m_nStatus=c.ACCOUNT_STATUS_OK,
        m_nUpdateTime=state.market.now() // 1_000_000_000,
        m_nCalcConfig=settings.interest_days,
        m_dFrozenCash=yuan(cash.frozen + ledger.proceeds_frozen),
        m_dBalance=yuan(funds.assets),
        m_dAvailable=yuan(cash.available),
        m_dPositionProfit=yuan(profit),
        m_dMarketValue=yuan(stocks + in_funds),
        m_dFetchBalance=yuan(free),
        m_dStockValue=yuan(stocks),
        m_dFundValue=yuan(in_funds),
        m_dTotalDebt=yuan(funds.debt),
        m_dEnableBailBalance=yuan(funds.margin),
        m_dPerAssurescaleValue=state.ratio() / 100,
        m_dAssureAsset=yuan(funds.assets - funds.debt),
        m_dFinDebt=yuan(principal + fin_fee),
        m_dFinDealAvl=yuan(principal),
        m_dFinFee=yuan(fin_fee),
        m_dSloDebt=yuan(owed + slo_fee),
        m_dSloMarketValue=yuan(owed),
        m_dSloFee=yuan(slo_fee),
        m_dOtherFare=yuan(debts.other),
        m_dFinMaxQuota=yuan(settings.fin_quota),
        m_dFinEnableQuota=yuan(funds.fin_quota),
        m_dFinUsedQuota=yuan(settings.fin_quota - funds.fin_quota),
        m_dSloMaxQuota=yuan(settings.slo_quota),
        m_dSloEnableQuota=yuan(funds.slo_quota),
        m_dSloUsedQuota=yuan(settings.slo_quota - funds.slo_quota),
        m_dSloSellBalance=yuan(sold),
        m_dUsedSloSellBalance=yuan(sold - left),
        m_dSurplusSloSellBalance=yuan(left),
    )


def compacts(state: CreditState) -> list[StkCompacts]:
    """Debt contracts, oldest first; those that were closed today are still there. 负债合约"""
    return [
        StkCompacts(
            account_id=state.account_id,
            compact_type=SHORT if one.short else FINANCING,
            cashgroup_prop=SPECIAL if one.special else ORDINARY,
            exchange_id=_exchange(one.code),
            open_date=int(one.opened.strftime("%Y%m%d")),
            business_vol=one.volume,
            real_compact_vol=one.shares,
            ret_end_date=int(one.due.strftime("%Y%m%d")),
            business_balance=yuan(one.amount),
            businessFare=yuan(one.fare),
            real_compact_balance=yuan(one.left_amount),
            real_compact_fare=yuan(one.fare_left),
            repaid_fare=yuan(one.fare - one.fare_left),
            repaid_balance=yuan(one.amount - one.left_amount),
            instrument_id=one.code[:-3],
            compact_id=one.number,
            position_str=f"{place:06d}{one.number}",
        )
        for place, one in enumerate(state.debts.contracts.values(), 1)
    ]


def _listed(state: CreditState) -> Iterator[Security]:
    traded = state.market.instruments
    return (one for code, one in state.rules.securities.items() if code in traded)


def subjects(state: CreditState) -> list[CreditSubjects]:
    """What may be bought on margin or sold short today, with its margin ratios. 标的"""
    rules = state.rules
    return [
        CreditSubjects(
            account_id=state.account_id,
            slo_status=LISTED if one.slo else NOT_LISTED,
            fin_status=LISTED if one.fin else NOT_LISTED,
            exchange_id=_exchange(one.stock_code),
            slo_ratio=rules.slo_ratio / WHOLE,
            fin_ratio=rules.fin_ratio / WHOLE,
            instrument_id=one.stock_code[:-3],
        )
        for one in _listed(state)
        if one.fin or one.slo
    ]


def slo_codes(state: CreditState) -> list[CreditSloCode]:
    """What this account can borrow now: the ordinary pool, then the special one. 可融券"""
    ordinary = [(one.stock_code, False) for one in _listed(state) if one.slo]
    special = [(code, True) for code, volume in state.ledger.lent.items() if volume]
    return [
        CreditSloCode(
            account_id=state.account_id,
            cashgroup_prop=SPECIAL if of_special else ORDINARY,
            exchange_id=_exchange(code),
            enable_amount=state.lendable(code, of_special),
            instrument_id=code[:-3],
        )
        for code, of_special in ordinary + special
    ]


def assures(state: CreditState) -> list[CreditAssure]:
    """What counts as collateral today, and at which haircut. 担保品"""
    return [
        CreditAssure(
            account_id=state.account_id,
            assure_status=LISTED,
            exchange_id=_exchange(one.stock_code),
            assure_ratio=one.haircut / WHOLE,
            instrument_id=one.stock_code[:-3],
        )
        for one in _listed(state)
    ]
