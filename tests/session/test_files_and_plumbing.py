"""Exports to files, and requests that a program makes by hand."""

from __future__ import annotations

import csv
import io
import threading

import pandas as pd
import pytest

from tests.session.scripted import SECONDS, asset
from tests.session.whole_api import (
    REASON,
)
from xtnb.errors import InputError, QueryFailed, RequestTimeout, WouldDeadlock
from xtnb.vocabulary.messages import PushKind, Reply, Request


def refuse(link, method):
    link.answers[method] = lambda request: [Reply(request.seq, None, REASON)]


CSV = 'account_id,stock_code,order_remark,traded_price\r\n007,600000.SH,,10.5\r\n007,1,"a,b",2\r\n'


def test_defect_22_query_data_gives_a_frame_or_raises(trader, link, account, tmp_path):
    path = tmp_path / "成交.csv"
    link.answers["export_data"] = {"msg": "export success", "csv": CSV}

    frame = trader.query_data(account, path, "deal")

    assert isinstance(frame, pd.DataFrame)
    assert frame["account_id"].tolist() == ["007", "007"]
    assert frame["order_remark"].tolist() == ["", "a,b"]
    assert frame["traded_price"].tolist() == [10.5, 2.0]
    assert not path.exists()

    refuse(link, "export_data")
    with pytest.raises(QueryFailed, match="refused by the test"):
        trader.query_data(account, path, "deal")


def test_a_terminal_that_writes_the_file_itself_will_do(trader, link, account, tmp_path):
    path = tmp_path / "deal.csv"

    def write(request):
        with open(request.arguments["result_path"], "w", encoding="utf-8") as file:
            file.write(CSV)
        return [Reply(request.seq, {"msg": "export success"})]

    link.answers["export_data"] = write

    assert len(trader.query_data(account, path, "deal")) == 2
    assert not path.exists()


def test_query_data_async_gives_the_frame_or_none(trader, link, diary, account, tmp_path):
    path = tmp_path / "deal.csv"
    link.answers["export_data"] = {"msg": "export success", "csv": CSV}
    trader.query_data_async(account, path, "deal", lambda frame: diary.write("frame", frame))

    assert len(diary.wait("frame")) == 2

    refuse(link, "export_data")
    trader.query_data_async(account, path, "deal", lambda frame: diary.write("frame", frame))
    assert diary.wait("frame", 2) is None


def test_an_export_is_a_file_that_others_can_read(trader, link, diary, account, tmp_path):
    path = tmp_path / "deal.csv"
    text = CSV.replace("a,b", "备注")
    link.answers["export_data"] = {"msg": "export success", "csv": text}

    assert trader.export_data(account, str(path), "deal") == {"msg": "export success"}
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert rows[2] == ["007", "1", "备注", "2"]

    path.unlink()
    trader.export_data_async(account, path, "deal", lambda result: diary.write("done", result))
    assert diary.wait("done") == {"msg": "export success"}
    assert path.exists()


def test_a_refused_export_leaves_no_file(trader, link, account, tmp_path):
    refuse(link, "export_data")

    assert "error" in trader.export_data(account, tmp_path / "deal.csv", "deal")
    assert list(tmp_path.iterdir()) == []


# -- requests by hand -------------------------------------------------------------------------


def test_a_request_by_hand_is_answered_by_its_number(trader, link, diary, account):
    link.answers["query_stock_asset"] = [asset()]
    first, second = trader.next_seq(), trader.next_seq()
    requests = [Request(seq, "query_stock_asset", 2, "1", {}) for seq in (first, second)]

    rows = trader.common_op_sync_with_seq(first, (trader.send_request, requests[0]))
    seq = trader.common_op_async_with_seq(
        second, (trader.send_request, requests[1]), lambda found: diary.write("answer", found)
    )

    assert rows == [asset()]
    assert seq == second
    assert diary.wait("answer") == [asset()]
    assert trader.query_stock_asset(account) == asset()
    assert [request.seq for request in link.sent] == [first, second, second + 1]


def test_a_request_by_hand_fails_like_any_other(trader, link):
    seq = trader.next_seq()
    request = Request(seq, "query_stock_asset", 2, "1", {})
    trader.set_timeout(0.02)

    for operation in (print, (), (1,), [print]):
        with pytest.raises(InputError):
            trader.common_op_sync_with_seq(seq, operation)
    with pytest.raises(RequestTimeout):
        trader.common_op_sync_with_seq(seq, (trader.send_request, request))

    trader.common_op_async_with_seq(seq, (trader.send_request, request), print)
    with pytest.raises(InputError) as wrong:
        trader.common_op_async_with_seq(seq, (trader.send_request, request), print)
    assert wrong.value.argument == "seq"


def test_what_fails_while_a_request_by_hand_is_made_is_raised_and_forgotten(trader, link):
    seq = trader.next_seq()

    with pytest.raises(ZeroDivisionError):
        trader.common_op_sync_with_seq(seq, (lambda: 1 // 0,))

    link.answers["query_stock_asset"] = [asset()]
    request = Request(seq, "query_stock_asset", 2, "1", {})
    assert trader.common_op_sync_with_seq(seq, (trader.send_request, request)) == [asset()]


def test_a_request_by_hand_inside_a_push_names_the_ways_out(trader, link, diary):
    answered = threading.Event()

    def call(_):
        with pytest.raises(WouldDeadlock, match="use common_op_async_with_seq"):
            trader.common_op_sync_with_seq(trader.next_seq(), (print,))
        answered.set()

    diary.actions["on_stock_asset"] = call
    link.say(link.push(PushKind.ASSET, asset()))

    assert answered.wait(SECONDS)
