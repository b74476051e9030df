"""Every query of the manual and of the vendor's package: what it gives, and its failure.

They are asked on a stage where something has happened in each account. The form that
takes a function must give the same as the one that waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from tests.conformance.case import Row
from tests.conformance.stage import (
    ACCOUNTS,
    BEIJING,
    CREDIT,
    FUTURE,
    FUTURE_OPTION,
    HGT,
    OPTION,
    SGT,
    STOCK,
    Stage,
    keep_open,
)
from tests.manual import tables
from tests.session.scripted import SECONDS
from xtnb import xtconstant as c
from xtnb import xttype as t
from xtnb.xttype import StockAccount

NOBODY = {
    account.account_type: StockAccount("1", c.ACCOUNT_TYPE_DICT[account.account_type])
    for account in ACCOUNTS
}

# Source: the manual's tables of these answers and, where they differ, the vendor's code.
_FUND = """success error erro currentBalance enableBalance fetchBalance interest assetBalance
    fetchCash marketValue debt"""
_POSITION = """success error stockAccount exchangeType stockCode stockName totalAmt enableAmount
    lastPrice costPrice income incomeRate marketValue costBalance bsOnTheWayVol prEnableVol
    stockCode1"""
_QUOTER = """success error finType stockType date code codeName exchangeType fsmpOccupedRate
    fsmOccupiedRate fineRate fsmpreendRate fsmPreendRate usedRate unUusedRate unUsedRate initDate
    endDate enableSloAmountT0 enableSloAmountT3 srcGroupId applyMode lowDate"""
_COMPACT = """success error createDate cashcompactId oriCashcompactId applyId srcGroupId
    comGroupId finType exchangeType code codeName date beginCompacAmount beginCompacBalance
    compacAmount compacBalance returnAmount returnBalance realBuyAmount fsmpOccupedRate
    fsmOccupiedRate compactInterest compactFineInterest repaidInterest repaidFineInterest fineRate
    preendRate compactType postponeTimes compactStatus lastInterestDate interestEndDate validDate
    dateClear usedAmount usedBalance usedRate unUusedRate unUsedRate srcGroupName repaidDate
    preOccupedInterest preOccupiedInterest compactInterestx enPostponeAmount postponeStatus
    applyMode"""
_SMT_ORDER = """success error initDate currDate currTime applyId srcGroupId cashcompactId
    applyMode finType exchangeType code codeName date applyRate entrustBalance entrustAmount
    businessBalance businessAmount validDate dateClear entrustNo applyStatus usedRate unUusedRate
    comGroupId"""
_IPO = "name type maxPurchaseNum minPurchaseNum purchaseDate issuePrice"
_TASK = """task_id task_status task_msg start_time end_time cancel_time order_num business_num
    group_id algo_id account_id account_type strategy_name order_remark order_id_list"""
_PARAMETER = """key name dataType valueRange defaultValue enumName enumValue unit
    valueRangeByName defaultValueByName"""

_busy: list[Stage] = []


def busy() -> Stage:
    """A stage on which every kind of account has orders, fills, debts and tasks."""
    if not _busy:
        stage = keep_open(Stage())
        stage.deal(STOCK, c.STOCK_BUY, "600000.SH", 200, True)
        stage.send(STOCK, c.STOCK_BUY, "600000.SH", 200, stage.last("600000.SH"))
        stage.deal(CREDIT, c.CREDIT_FIN_BUY, "601318.SH", 200, True)
        stage.deal(FUTURE, c.FUTURE_OPEN_LONG, "rb2701.SF", 1, True)
        stage.deal(BEIJING, c.STOCK_BUY, "920185.BJ", 100, True)
        stage.deal(HGT, c.STOCK_BUY, "00700.HGT", 100, True)
        stage.deal(SGT, c.STOCK_BUY, "09988.SGT", 100, True)
        for account in (OPTION, FUTURE_OPTION):
            held = stage.ledger(account).held
            code = next(k[0] for k, p in held.items() if k[1] == c.DIRECTION_FLAG_LONG)
            kind = c.STOCK_OPTION_BUY_OPEN if account is OPTION else c.FUTURE_OPEN_LONG
            stage.deal(account, kind, code, 1, True)
        trader = stage.trader
        for account in ACCOUNTS:
            (bank, *_) = trader.query_bank_info(account) or []
            assert trader.bank_transfer_in(account, bank.bank_no, bank.bank_account, 100.0)[0]
        offer = (trader.smt_query_quoter(CREDIT) or [])[0]
        trader.smt_negotiate_order_async(
            CREDIT, offer["srcGroupId"], offer["code"], offer["date"], 1_000, offer["usedRate"]
        )
        stage.heard.until("on_smt_appointment_async_response", lambda answer: answer.success)
        trader.smart_algo_order_async(
            STOCK, "000001.SZ", c.STOCK_BUY, 1_000, 12, 0.0, "plan", "note", "TWAP",
            "10:30:00", "10:40:00", {},
        )  # fmt: skip
        stage.heard.until("on_smart_algo_order_async_response")
        _busy.append(stage)
    return _busy[0]


@dataclass(frozen=True)
class Query:
    """One query.

    Attributes:
        method, section: its name, and the manual's heading, "-" where it is newer.
        account: whose; None when it asks for no account's.
        record: the class of a row; `keys`: those of a dict.
        container: list, dict of dicts, one "row", or a plain "dict".
        asked: what besides the account, by the stage.
        may_be_empty: nothing need be there.
    """

    method: str
    section: str
    account: StockAccount | None
    record: type | None = None
    keys: str = ""
    container: str = "list"
    asked: Any = None
    failure: Any = None

    def arguments(self, stage: Stage, account: StockAccount | None) -> list[Any]:
        more = self.asked(stage) if self.asked else []
        return [*([account] if account else []), *more]

    def run(self) -> None:
        stage = busy()
        answer = getattr(stage.trader, self.method)(*self.arguments(stage, self.account))
        self.check(answer)
        if twin := getattr(stage.trader, f"{self.method}_async", None):
            self._ask_twin(stage, twin, answer)
        if self.account is not None:
            nobody = NOBODY[self.account.account_type]
            failed = getattr(stage.trader, self.method)(*self.arguments(stage, nobody))
            assert failed == self.failure, failed

    def _ask_twin(self, stage: Stage, twin: Any, answer: Any) -> None:
        heard: Future[Any] = Future()
        seq = twin(*self.arguments(stage, self.account), heard.set_result)
        assert isinstance(seq, int)
        assert seq > 0
        assert _plain(heard.result(SECONDS)) == _plain(answer)

    def check(self, answer: Any) -> None:
        """The shape of an answer."""
        if self.container == "list":
            assert isinstance(answer, list)
            assert answer
            rows = answer
        elif self.container == "dicts":
            assert isinstance(answer, dict)
            assert answer
            rows = [
                row for one in answer.values() for row in (one if isinstance(one, list) else [one])
            ]
        else:
            rows = [answer]
        for row in rows:
            if self.record is None:
                assert isinstance(row, dict)
                assert set(row) == set(self.keys.split()), set(row) ^ set(self.keys.split())
            else:
                assert type(row) is self.record
                self._check_record(row)

    def _check_record(self, row: Any) -> None:
        if self.account is not None and hasattr(row, "account_id"):
            assert row.account_id == self.account.account_id
            assert getattr(row, "account_type", self.account.account_type) == (
                self.account.account_type
            )
        words = {"int": int, "float": float, "str": str, "bool": bool}
        for name, word in tables.records().get(type(row).__name__, {}).items():
            assert type(getattr(row, name)) is words[word], (name, getattr(row, name))


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    if is_dataclass(answer):
        return {one.name: getattr(answer, one.name) for one in fields(answer)}
    return vars(answer) if hasattr(answer, "__dict__") else answer


def _bank(stage: Stage) -> list[Any]:
    (bank, *_) = stage.trader.query_bank_info(STOCK) or []
    return [bank.bank_no, bank.bank_account, "123456"]


def _order(stage: Stage) -> list[Any]:
    return [(stage.trader.query_stock_orders(STOCK) or [])[0].order_id]


def _bank_of(account: StockAccount) -> Any:
    def asked(stage: Stage) -> list[Any]:
        (bank, *_) = stage.trader.query_bank_info(account) or []
        return [bank.bank_no, bank.bank_account, "123456"]

    return asked


def _order_of(account: StockAccount) -> Any:
    return lambda stage: [(stage.trader.query_stock_orders(account) or [])[0].order_id]


def _code_of(account: StockAccount) -> Any:
    return lambda stage: [(stage.trader.query_stock_positions(account) or [])[0].stock_code]


_WITH_SHARES = (CREDIT, OPTION, HGT, SGT, BEIJING)
FIRST = tuple(account for account in ACCOUNTS if account is not BEIJING)

QUERIES = (
    Query("query_account_infos", "账号信息查询", None, t.XtAccountInfo),
    Query("query_account_status", "-", None, t.XtAccountStatus),
    *(Query("query_stock_asset", "资产查询", one, t.XtAsset, container="row") for one in FIRST),
    *(Query("query_stock_orders", "委托查询", one, t.XtOrder) for one in FIRST),
    *(Query("query_stock_trades", "成交查询", one, t.XtTrade) for one in FIRST),
    *(Query("query_stock_positions", "持仓查询", one, t.XtPosition) for one in FIRST),
    Query("query_stock_order", "创建策略", STOCK, t.XtOrder, container="row", asked=_order),
    Query(
        "query_stock_position",
        "创建策略",
        STOCK,
        t.XtPosition,
        container="row",
        asked=lambda stage: ["600000.SH"],
    ),
    Query("query_credit_detail", "信用资产查询", CREDIT, t.XtCreditDetail),
    Query("query_stk_compacts", "负债合约查询", CREDIT, t.StkCompacts),
    Query("query_credit_subjects", "融资融券标的查询", CREDIT, t.CreditSubjects),
    Query("query_credit_slo_code", "可融券数据查询", CREDIT, t.CreditSloCode),
    Query("query_credit_assure", "标的担保品查询", CREDIT, t.CreditAssure),
    Query("query_position_statistics", "-", FUTURE, t.XtPositionStatistics),
    Query("query_position_statistics", "-", FUTURE_OPTION, t.XtPositionStatistics),
    Query("query_position_statistics", "-", OPTION, t.XtPositionStatistics),
    Query("query_ipo_data", "当日新股信息查询", None, keys=_IPO, container="dicts"),
    Query(
        "query_new_purchase_limit",
        "新股申购额度查询",
        STOCK,
        keys="KCB SH SZ",
        container="dict",
        failure={},
    ),
    Query("query_com_fund", "普通柜台资金查询", STOCK, keys=_FUND, container="dict", failure={}),
    Query("query_com_fund", "普通柜台资金查询", CREDIT, keys=_FUND, container="dict", failure={}),
    Query("query_com_position", "普通柜台持仓查询", STOCK, keys=_POSITION),
    Query("query_com_position", "普通柜台持仓查询", CREDIT, keys=_POSITION),
    Query("query_bank_info", "-", STOCK, t.BankInfo),
    Query("query_bank_amount", "-", STOCK, t.BankAmount, asked=_bank),
    Query(
        "query_bank_transfer_stream",
        "-",
        STOCK,
        t.BankTransferStream,
        asked=lambda stage: ["20261101", "20261130"],
    ),
    Query("query_secu_account", "-", STOCK, t.SecuAccount),
    Query("smt_query_quoter", "券源行情查询", CREDIT, keys=_QUOTER),
    Query("smt_query_order", "-", CREDIT, keys=_SMT_ORDER),
    Query("smt_query_compact", "约券合约查询", CREDIT, keys=_COMPACT),
    Query(
        "get_smart_algo_param",
        "-",
        None,
        keys=_PARAMETER,
        container="dicts",
        asked=lambda stage: [["TWAP", "VWAP", "ICEBERG"]],
    ),
    Query("query_smart_algo_task", "-", STOCK, keys=_TASK),
    Query("query_account_info", "-", None, t.XtAccountInfo),
    Query("query_orders", "开启主动请求接口的专用线程", STOCK, t.XtOrder),
    # what came later: accounts for Beijing, and every account of what any account answers
    Query("query_stock_asset", "资产查询", BEIJING, t.XtAsset, container="row"),
    Query("query_stock_orders", "委托查询", BEIJING, t.XtOrder),
    Query("query_stock_trades", "成交查询", BEIJING, t.XtTrade),
    Query("query_stock_positions", "持仓查询", BEIJING, t.XtPosition),
    *(
        Query(
            "query_stock_order", "创建策略", one, t.XtOrder, container="row", asked=_order_of(one)
        )
        for one in ACCOUNTS[1:]
    ),
    *(
        Query(
            "query_stock_position",
            "创建策略",
            one,
            t.XtPosition,
            container="row",
            asked=_code_of(one),
        )
        for one in ACCOUNTS[1:]
    ),
    *(
        Query(
            "query_new_purchase_limit",
            "新股申购额度查询",
            one,
            keys="KCB SH SZ",
            container="dict",
            failure={},
        )
        for one in (CREDIT, BEIJING)
    ),
    *(
        Query("query_com_fund", "普通柜台资金查询", one, keys=_FUND, container="dict", failure={})
        for one in (FUTURE, OPTION, FUTURE_OPTION, HGT, SGT, BEIJING)
    ),
    *(Query("query_bank_info", "-", one, t.BankInfo) for one in ACCOUNTS[1:]),
    *(
        Query("query_bank_amount", "-", one, t.BankAmount, asked=_bank_of(one))
        for one in ACCOUNTS[1:]
    ),
    *(
        Query(
            "query_bank_transfer_stream",
            "-",
            one,
            t.BankTransferStream,
            asked=lambda stage: ["20261101", "20261130"],
        )
        for one in ACCOUNTS[1:]
    ),
    *(Query("query_secu_account", "-", one, t.SecuAccount) for one in _WITH_SHARES),
)


def rows() -> Iterator[Row]:
    """Each query, of every account that it is for."""
    for query in QUERIES:
        kind = f" {c.ACCOUNT_TYPE_DICT[query.account.account_type]}" if query.account else ""
        yield query.section, f"{query.method}{kind}", query.run
