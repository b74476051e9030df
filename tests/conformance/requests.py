"""Every request that moves something other than an order: what it does to both sides."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.conformance.case import Row
from tests.conformance.orders import near
from tests.conformance.stage import CREDIT, FUTURE, OPTION, STOCK, Stage
from xtnb import xtconstant as c
from xtnb.xttype import StockAccount

PUFA, LENT = "600000.SH", "600276.SH"
Play = Callable[[Stage], None]


def _cash(stage: Stage, account: StockAccount) -> float:
    asset = stage.trader.query_stock_asset(account)
    assert asset is not None
    return float(asset.cash)


# -- accounts and orders -----------------------------------------------------------------------


def _subscribe(stage: Stage) -> None:
    assert stage.trader.unsubscribe(STOCK) == 0
    assert stage.trader.unsubscribe(STOCK) == -1
    number = stage.send(STOCK, c.STOCK_BUY, PUFA, 200, stage.last(PUFA))
    stage.trader.query_stock_asset(STOCK)
    assert stage.trader.subscribe(STOCK) == 0
    stage.trader.cancel_order_stock(STOCK, number)
    stage.ended(number, c.ORDER_CANCELED)
    statuses = [one.order_status for one in stage.heard.of("on_stock_order")]
    assert statuses == [c.ORDER_REPORTED_CANCEL, c.ORDER_CANCELED]
    assert stage.trader.subscribe(StockAccount("1")) == -1


def _cancel_by_sysid(stage: Stage) -> None:
    for market in (c.SH_MARKET, "SH"):
        number = stage.send(STOCK, c.STOCK_BUY, PUFA, 200, stage.last(PUFA))
        order = stage.trader.query_stock_order(STOCK, number)
        assert order is not None
        assert stage.trader.cancel_order_stock_sysid(STOCK, c.SZ_MARKET, order.order_sysid) == -1
        assert stage.trader.cancel_order_stock_sysid(STOCK, market, order.order_sysid) == 0
        stage.ended(number, c.ORDER_CANCELED)


# -- money ---------------------------------------------------------------------------------------


def _counters(account: StockAccount) -> Play:
    def play(stage: Stage) -> None:
        trader = stage.trader

        def there() -> float:
            return float(trader.query_com_fund(account)["currentBalance"])

        here, beside = _cash(stage, account), there()
        done, text = trader.fund_transfer(account, c.FUNDS_TRANSFER_NORMAL_TO_SPEED, 1_000.0)
        assert done, text
        assert near(_cash(stage, account), here + 1_000)
        assert near(there(), beside - 1_000)
        done, text = trader.fund_transfer(account, c.FUNDS_TRANSFER_SPEED_TO_NORMAL, 500.0)
        assert done, text
        assert near(_cash(stage, account), here + 500)
        assert near(there(), beside - 500)
        _refused(trader.fund_transfer(account, c.FUNDS_TRANSFER_NORMAL_TO_SPEED, 1e9))
        _refused(trader.fund_transfer(account, c.FUNDS_TRANSFER_SPEED_TO_NORMAL, 1e9))
        assert near(there(), beside - 500)

    return play


def _nodes(stage: Stage) -> None:
    trader, here = stage.trader, _cash(stage, STOCK)
    _refused(trader.fund_transfer(STOCK, c.NODE_FUNDS_TRANSFER_SZ_TO_SH, 1_000.0))
    assert trader.fund_transfer(STOCK, c.NODE_FUNDS_TRANSFER_SH_TO_SZ, 1_000.0)[0]
    _refused(trader.fund_transfer(STOCK, c.NODE_FUNDS_TRANSFER_SZ_TO_SH, 1_001.0))
    assert trader.fund_transfer(STOCK, c.NODE_FUNDS_TRANSFER_SZ_TO_SH, 1_000.0)[0]
    assert near(_cash(stage, STOCK), here)


def _refused(answer: tuple[bool, str]) -> None:
    done, text = answer
    assert not done
    assert text, "the reason in words"


def _bank(account: StockAccount, into: bool) -> Play:
    def play(stage: Stage) -> None:
        trader = stage.trader
        (bank, *_) = trader.query_bank_info(account) or []
        named = bank.bank_no, bank.bank_account

        def there() -> float:
            (row, *_) = trader.query_bank_amount(account, *named, "123456") or []
            return float(row.balance)

        move = trader.bank_transfer_in if into else trader.bank_transfer_out
        here, at_bank, way = _cash(stage, account), there(), 1 if into else -1
        done, text = move(account, *named, 1_000.0)
        assert done, text
        assert near(_cash(stage, account), here + way * 1_000)
        assert near(there(), at_bank - way * 1_000)
        _refused(move(account, *named, 1e9))
        _refused(move(account, "0", "0", 1.0))
        (row,) = trader.query_bank_transfer_stream(account, "20261120", "20261120") or []
        assert row.balance == 1_000
        assert near(there(), at_bank - way * 1_000)

    return play


def _ctp(to_future: bool) -> Play:
    def play(stage: Stage) -> None:
        trader = stage.trader
        options, futures = _cash(stage, OPTION), _cash(stage, FUTURE)
        name = "option_to_future" if to_future else "future_to_option"
        move = getattr(trader, f"ctp_transfer_{name}")
        done, text = move(OPTION.account_id, FUTURE.account_id, 1_000.0)
        assert done, text
        way = 1 if to_future else -1
        assert near(_cash(stage, OPTION), options - way * 1_000)
        assert near(_cash(stage, FUTURE), futures + way * 1_000)
        _refused(move(OPTION.account_id, FUTURE.account_id, 1e9))
        _refused(move("1", FUTURE.account_id, 1.0))

    return play


def _shares(stage: Stage) -> None:
    trader, code = stage.trader, "600036.SH"

    def both() -> tuple[int, int]:
        rows = trader.query_com_position(STOCK) or []
        there = sum(row["totalAmt"] for row in rows if row["stockCode1"] == code)
        held = trader.query_stock_position(STOCK, code)
        return (held.volume if held else 0), round(there)

    here, there = both()
    moved = c.SECU_TRANSFER_NORMAL_TO_SPEED, code, 200, c.TRANS_TRANSFER_SHARE
    done, text = trader.secu_transfer(STOCK, *moved)
    assert done, text
    assert both() == (here + 200, there - 200)
    back = c.SECU_TRANSFER_SPEED_TO_NORMAL, code, 100, c.TRANS_TRANSFER_SHARE
    done, text = trader.secu_transfer(STOCK, *back)
    assert done, text
    assert both() == (here + 100, there - 100)
    _refused(trader.secu_transfer(STOCK, moved[0], code, 1_000_000, moved[3]))
    _refused(trader.secu_transfer(STOCK, back[0], code, 1_000_000, back[3]))


# -- lending --------------------------------------------------------------------------------------


def _answer(stage: Stage, seq: int) -> Any:
    assert seq > 0
    return stage.heard.until("on_smt_appointment_async_response", lambda one: one.seq == seq)


def _offer(stage: Stage, mode: str) -> dict[str, Any]:
    rows = stage.trader.smt_query_quoter(CREDIT) or []
    return next(row for row in rows if row["applyMode"] == mode)


def _borrowed(stage: Stage) -> dict[str, Any]:
    offer = _offer(stage, "1")
    seq = stage.trader.smt_negotiate_order_async(
        CREDIT, offer["srcGroupId"], offer["code"], offer["date"], 1_000, offer["usedRate"]
    )
    answer = _answer(stage, seq)
    assert answer.success, answer.msg
    contracts = stage.trader.smt_query_compact(CREDIT) or []
    return next(one for one in contracts if one["applyId"] == answer.apply_id)


def _negotiate(stage: Stage) -> None:
    before = stage.ledger(CREDIT).lendable
    contract = _borrowed(stage)
    digits = contract["code"].partition(".")[0]
    after = stage.ledger(CREDIT).lendable
    assert (contract["compactStatus"], contract["compacAmount"]) == ("0", 1_000)
    special = [key for key in after if key[0] == digits and key not in before]
    gained = [key for key in after if after[key] != before.get(key, 0)]
    assert gained
    assert all(after[key] - before.get(key, 0) == 1_000 for key in gained), (gained, special)
    offer = _offer(stage, "1")
    seq = stage.trader.smt_negotiate_order_async(
        CREDIT, offer["srcGroupId"], offer["code"], offer["date"], 10**9, offer["usedRate"]
    )
    refusal = _answer(stage, seq)
    assert (refusal.success, refusal.apply_id) == (False, "-1")
    assert refusal.msg


def _negotiate_and_wait(stage: Stage) -> None:
    offer = _offer(stage, "1")
    asked = offer["srcGroupId"], offer["code"], offer["date"]
    done, text, number = stage.trader.smt_negotiate_order(CREDIT, *asked, 1_000, offer["usedRate"])
    assert done, text
    contracts = stage.trader.smt_query_compact(CREDIT) or []
    assert any(one["applyId"] == number for one in contracts)
    done, text, number = stage.trader.smt_negotiate_order(CREDIT, *asked, 10**9, offer["usedRate"])
    assert (done, number) == (False, "-1")
    assert text


def _appoint(stage: Stage) -> None:
    offer = _offer(stage, "2")
    seq = stage.trader.smt_appointment_order_async(
        CREDIT, offer["code"], offer["date"], 1_000, offer["usedRate"]
    )
    answer = _answer(stage, seq)
    assert answer.success, answer.msg
    assert not any(
        one["applyId"] == answer.apply_id for one in stage.trader.smt_query_compact(CREDIT) or []
    )
    stage.next_day()
    contracts = stage.trader.smt_query_compact(CREDIT) or []
    assert any(one["applyId"] == answer.apply_id for one in contracts), "lent with the next day"


def _withdraw(stage: Stage) -> None:
    offer = _offer(stage, "2")
    seq = stage.trader.smt_appointment_order_async(
        CREDIT, offer["code"], offer["date"], 1_000, offer["usedRate"]
    )
    number = _answer(stage, seq).apply_id
    assert _answer(stage, stage.trader.smt_appointment_cancel_async(CREDIT, number)).success
    again = _answer(stage, stage.trader.smt_appointment_cancel_async(CREDIT, number))
    assert not again.success
    stage.next_day()
    contracts = stage.trader.smt_query_compact(CREDIT) or []
    assert not any(one["applyId"] == number for one in contracts)


def _renew(stage: Stage) -> None:
    contract = _borrowed(stage)
    seq = stage.trader.smt_compact_renewal_async(
        CREDIT,
        contract["cashcompactId"],
        contract["code"],
        contract["date"],
        1_000,
        contract["usedRate"],
    )
    answer = _answer(stage, seq)
    assert answer.success, answer.msg
    stage.next_day()
    rows = stage.trader.smt_query_compact(CREDIT) or []
    ids = contract["cashcompactId"]
    (row,) = [one for one in rows if ids in (one["cashcompactId"], one["oriCashcompactId"])]
    assert row["postponeTimes"] == 1
    assert row["validDate"] > contract["validDate"]


def _give_back(stage: Stage) -> None:
    before = stage.ledger(CREDIT).lendable
    contract = _borrowed(stage)
    named = contract["srcGroupId"], contract["cashcompactId"], contract["code"]
    seq = stage.trader.smt_compact_return_async(CREDIT, *named, 1_000)
    answer = _answer(stage, seq)
    assert answer.success, answer.msg
    after = stage.ledger(CREDIT).lendable
    assert {key: value for key, value in after.items() if value} == {
        key: value for key, value in before.items() if value
    }
    refusal = _answer(stage, stage.trader.smt_compact_return_async(CREDIT, *named, 1_000))
    assert not refusal.success


# -- algorithms, exports ----------------------------------------------------------------------


def _algorithm(name: str) -> Play:
    def play(stage: Stage) -> None:
        code = "000001.SZ"
        last = stage.last(code)
        stage.offer(code, False, last, 100_000)
        stage.trader.smart_algo_order_async(
            STOCK, code, c.STOCK_BUY, 2_000, 12, 0.0, "plan", "note", name,
            "10:01:00", "10:11:00", {},
        )  # fmt: skip
        number = stage.heard.until("on_smart_algo_order_async_response").task_id
        assert number > 0
        stage.host.advance(1_200)
        (task,) = stage.trader.query_smart_algo_task(STOCK) or []
        assert (task["task_id"], task["business_num"]) == (number, "2000"), task
        sent = [
            order
            for order in stage.trader.query_stock_orders(STOCK) or []
            if order.order_id in task["order_id_list"]
        ]
        assert len(sent) > 1, "it is cut into slices"
        assert sum(order.traded_volume for order in sent) == 2_000

    return play


def _export(stage: Stage) -> None:
    stage.deal(STOCK, c.STOCK_BUY, PUFA, 200, True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "成交.csv"
        answer = stage.trader.export_data(STOCK, str(path), "deal")
        assert set(answer) == {"msg"}, answer
        assert "600000" in path.read_text(encoding="utf-8-sig")
        failed = stage.trader.export_data(STOCK, str(path), "nothing of this kind")
        assert set(failed) == {"error"}


def _data(stage: Stage) -> None:
    stage.deal(STOCK, c.STOCK_BUY, PUFA, 200, True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deal.csv"
        assert len(stage.trader.query_data(STOCK, str(path), "deal")) == 1
        assert not path.exists()


def _from_outside(stage: Stage) -> None:
    before = stage.ledger(STOCK).asset
    deal = {
        "m_strExchangeID": "SH",
        "m_strInstrumentID": "600000",
        "m_strTradeID": "E1",
        "m_dPrice": 10.5,
        "m_nVolume": 200,
        "m_strTradeDate": "20261120",
        "m_strTradeTime": "09:45:00",
    }
    answer = stage.trader.sync_transaction_from_external("ADD", "DEAL", STOCK, [deal])
    assert set(answer) == {"msg"}, answer
    (trade,) = stage.trader.query_stock_trades(STOCK) or []
    assert (trade.traded_price, trade.traded_volume) == (10.5, 200)
    answer = stage.trader.sync_transaction_from_external("DELETE", "DEAL", STOCK, [deal])
    assert set(answer) == {"msg"}, answer
    assert not stage.trader.query_stock_trades(STOCK)
    assert stage.ledger(STOCK).asset == before, "what was done elsewhere moves no money here"


def rows() -> Iterator[Row]:
    """Each request."""

    def case(play: Play) -> Callable[[], None]:
        def run() -> None:
            with Stage() as stage:
                play(stage)

        return run

    table: tuple[tuple[str, str, Play], ...] = (
        ("订阅账号信息", "subscribe and unsubscribe", _subscribe),
        ("股票同步撤单", "cancel_order_stock_sysid by number and by name", _cancel_by_sysid),
        ("资金划拨", "fund_transfer 510 and 511, STOCK", _counters(STOCK)),
        ("资金划拨", "fund_transfer 510 and 511, CREDIT", _counters(CREDIT)),
        ("资金划拨", "fund_transfer 512 and 513", _nodes),
        ("-", "secu_transfer 520 and 521", _shares),
        ("-", "bank_transfer_in, STOCK", _bank(STOCK, True)),
        ("-", "bank_transfer_out, STOCK", _bank(STOCK, False)),
        ("-", "bank_transfer_in, FUTURE", _bank(FUTURE, True)),
        ("-", "bank_transfer_out, FUTURE", _bank(FUTURE, False)),
        ("-", "ctp_transfer_option_to_future", _ctp(True)),
        ("-", "ctp_transfer_future_to_option", _ctp(False)),
        ("库存券约券申请", "smt_negotiate_order_async", _negotiate),
        ("-", "smt_appointment_order_async", _appoint),
        ("-", "smt_appointment_cancel_async", _withdraw),
        ("-", "smt_compact_renewal_async", _renew),
        ("-", "smt_compact_return_async", _give_back),
        ("-", "smart_algo_order_async TWAP", _algorithm("TWAP")),
        ("-", "smart_algo_order_async VWAP", _algorithm("VWAP")),
        ("-", "smart_algo_order_async ICEBERG", _algorithm("ICEBERG")),
        ("-", "export_data", _export),
        ("-", "query_data", _data),
        ("-", "sync_transaction_from_external", _from_outside),
        ("版本信息", "smt_negotiate_order", _negotiate_and_wait),
    )
    for section, what, play in table:
        yield section, what, case(play)
