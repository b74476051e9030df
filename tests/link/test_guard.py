"""Limits on the serving side: what they forbid never reaches the terminal."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.contract import house
from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import FILE, SWITCH, LimitsFile
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
ME = StockAccount(DEMO_ACCOUNT)
FUTURES = house.ACCOUNTS["futures"]
KINDS = {
    c.SECURITY_ACCOUNT: c.STOCK_BUY,
    c.CREDIT_ACCOUNT: c.CREDIT_BUY,
    c.FUTURE_ACCOUNT: c.FUTURE_OPEN_LONG,
}
SECONDS = 10.0
SECOND = 1_000_000_000


class Unwilling:
    """A link to a real paper terminal that answers some methods with an error."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.terminal, self.paper, self.reason = inner.terminal, inner.paper, ""
        self.refuses: set[str] = set()
        self.gone = False  # no order reaches it

    def open(self, session, deliver) -> int:
        return self.inner.open(session, deliver)

    def send(self, request: Request) -> None:
        if self.gone and request.method == "order_stock":
            raise NotConnected("the link is gone")
        method = "no_such_method" if request.method in self.refuses else request.method
        self.inner.send(request._replace(method=method))

    def close(self) -> None:
        self.inner.close()


class Guarded:
    """A paper terminal behind the limits of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = 1_700_000_000 * SECOND
        self.steady = 0
        self.host = house.host(house.market())
        self.behind = Unwilling(self.host.link("demo"))
        self.link = GuardedLink(
            self.behind, LimitsFile(folder), Counts(lambda: self.time, lambda: self.steady)
        )
        self.errors: list[str] = []
        self.trader = XtQuantTrader.over(self.link, 1)
        self.trader.start()
        assert self.trader.connect() == 0

    def limit(self, text: str) -> None:
        (self.folder / FILE).write_text(text, encoding="utf-8")

    def order(
        self,
        volume=100,
        price=10.0,
        code=CODE,
        price_type=c.FIX_PRICE,
        account=ME,
        order_type=None,
    ):
        """The number of an order, and the reason if there is none."""
        asked = {
            "stock_code": code,
            "order_type": order_type or KINDS[account.account_type],
            "order_volume": volume,
            "price_type": price_type,
            "price": price,
            "strategy_name": "",
            "order_remark": "",
        }
        answer = self.trader.requests.ask("order_stock", account, asked)
        return answer.order_id, answer.error_msg

    def close(self) -> None:
        self.trader.stop()


@pytest.fixture
def guarded(tmp_path):
    one = Guarded(tmp_path)
    yield one
    one.close()


def test_an_order_that_waited_for_its_price_and_found_no_link_was_not_sent(guarded):
    guarded.limit("[all]\norder_value = 1e6\n")
    guarded.behind.gone = True

    with pytest.raises(NotConnected, match="the link is gone"):
        guarded.order()


def test_without_a_file_nothing_is_limited(guarded):
    number, reason = guarded.order(volume=50_000)

    assert (number > 0, reason) == (True, "")


@pytest.mark.parametrize(
    ("text", "order", "why"),
    [
        ("order_value = 2000", {"volume": 300}, "3,000 exceeds the value of one order, 2,000"),
        ("order_volume = 200", {"volume": 300}, "300 exceeds the most of one order, 200"),
        ('codes = ["51*.SH"]', {}, "600000.SH may not be traded here"),
        ("price_distance = 0.001", {"price": 10.0}, "away from the last price"),
        ("read_only = true", {}, "read-only here"),
        ("orders_a_day = 0", {}, "the 0 orders of today"),
        ("value_a_day = 500", {}, "1,000 exceeds the value of a day, 500"),
    ],
)
def test_an_order_beyond_a_limit_never_reaches_the_terminal(guarded, text, order, why):
    guarded.limit(f"[every]\n{text}\n")

    number, reason = guarded.order(**order)

    assert number == -1
    assert why in reason
    assert " / " in reason
    assert guarded.trader.query_stock_orders(ME) == []


def test_what_is_within_the_limits_passes(guarded):
    guarded.limit(
        '[every]\norder_value = 2000\norder_volume = 200\ncodes = ["600*.SH"]\n'
        "price_distance = 0.2\norders_a_day = 5\norders_a_minute = 5\nvalue_a_day = 9000\n"
    )

    assert guarded.order()[1] == ""


def test_an_account_may_have_limits_of_its_own(guarded):
    guarded.limit(f"[every]\norder_volume = 100\n[account.{DEMO_ACCOUNT}]\norder_volume = 400\n")

    assert guarded.order(volume=400)[1] == ""
    assert guarded.order(volume=500)[0] == -1


def test_one_account_may_trade_where_every_other_is_read_only(guarded):
    guarded.limit(f"[every]\nread_only = true\n[account.{DEMO_ACCOUNT}]\nread_only = false\n")

    assert guarded.order()[1] == ""


def test_the_orders_of_a_minute_come_back_with_time(guarded):
    guarded.limit("[every]\norders_a_minute = 2\n")
    assert [guarded.order()[0] > 0 for _ in range(3)] == [True, True, False]

    guarded.steady += 61 * SECOND

    assert guarded.order()[0] > 0


def test_a_clock_that_is_put_right_neither_frees_nor_locks_the_orders_of_a_minute(guarded):
    guarded.limit("[every]\norders_a_minute = 2\norders_a_day = 100\n")
    assert [guarded.order()[0] > 0 for _ in range(3)] == [True, True, False]

    guarded.time += 86_400 * SECOND
    assert guarded.order()[0] == -1
    guarded.time -= 2 * 86_400 * SECOND
    assert guarded.order()[0] == -1

    guarded.steady += 61 * SECOND
    assert guarded.order()[0] > 0


def test_the_orders_of_a_minute_count_over_a_new_connection(guarded):
    guarded.limit("[every]\norders_a_minute = 2\n")
    guarded.order()
    guarded.trader.stop()
    guarded.trader.start()
    assert guarded.trader.connect() == 0

    assert [guarded.order()[0] > 0 for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    "odd",
    [
        {"price": float("nan")},
        {"price": float("inf")},
        {"price": "10"},
        {"price": None},
        {"volume": -100_000},
        {"volume": 0},
        {"volume": float("nan")},
        {"volume": float("inf")},
        {"volume": None},
        {"volume": "100"},
    ],
    ids=str,
)
def test_no_number_that_a_client_makes_up_lifts_a_limit(guarded, odd):
    guarded.limit("[every]\norder_value = 2000\nvalue_a_day = 2500\nprice_distance = 0.2\n")

    number, reason = guarded.order(**odd)

    assert (number, "no order" in reason) == (-1, True)
    assert [guarded.order()[0] > 0 for _ in range(3)] == [True, True, False]


def test_a_price_below_nothing_is_worth_what_it_would_be_above(guarded):
    guarded.limit("[every]\nvalue_a_day = 2500\n")

    assert guarded.order(price=-1e9)[0] == -1
    assert [guarded.order()[0] > 0 for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("missing", ["order_volume", "price", "price_type", "stock_code"])
def test_an_order_that_lacks_something_is_answered(guarded, missing):
    guarded.limit('[every]\nvalue_a_day = 2500\ncodes = ["6*"]\n')
    whole = {"stock_code": CODE, "order_volume": 100, "price_type": c.FIX_PRICE, "price": 10.0}
    answers, came = [], threading.Event()
    link = GuardedLink(guarded.host.link("demo"), LimitsFile(guarded.folder), Counts())
    assert link.open(7, lambda item: (answers.append(item), came.set())) == 0
    asked = {name: value for name, value in whole.items() if name != missing}

    link.send(Request(1, "order_stock", 2, DEMO_ACCOUNT, asked, 7))

    assert came.wait(SECONDS)
    assert (answers[0].value, answers[0].error_id) == (-1, RefusalCode.LIMITED)
    link.close()


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("order_value = 50000", "instrument"),
        ("value_a_day = 50000", "instrument"),
        ("orders_a_day = 5", "query_stock_orders"),
        ("value_a_day = 50000", "query_stock_orders"),
        ("price_distance = 0.5", "quote_full"),
    ],
)
def test_what_cannot_be_judged_is_not_let_through(guarded, text, silent):
    code = next(one.stock_code for one in guarded.trader.query_stock_positions(FUTURES))
    guarded.limit(f"[every]\n{text}\n")
    guarded.behind.refuses = {silent}

    number, reason = guarded.order(1, 3000.0, code, account=FUTURES)

    assert number == -1
    assert " / " in reason
    guarded.behind.refuses.clear()
    assert guarded.trader.query_stock_orders(FUTURES) == []


def test_what_was_ordered_today_counts_after_a_new_start(guarded):
    guarded.limit("[every]\norders_a_day = 2\n")
    guarded.order()
    guarded.trader.stop()
    guarded.trader.start()
    assert guarded.trader.connect() == 0

    assert [guarded.order()[0] > 0 for _ in range(2)] == [True, False]


def test_a_limit_that_is_set_later_counts_the_whole_day(guarded):
    guarded.order()
    guarded.order()

    guarded.limit("[every]\norders_a_day = 3\n")
    assert [guarded.order()[0] > 0 for _ in range(2)] == [True, False]
    guarded.limit("[every]\nvalue_a_day = 4500\n")
    assert [guarded.order()[0] > 0 for _ in range(2)] == [True, False]


def test_contracts_count_with_their_multiplier(guarded):
    code = next(one.stock_code for one in guarded.trader.query_stock_positions(FUTURES))
    guarded.limit("[every]\norder_value = 5000\n")

    number, reason = guarded.order(1, 3000.0, code, account=FUTURES)

    assert number == -1
    assert "30,000" in reason


def test_a_market_order_is_judged_by_the_last_price(guarded):
    guarded.limit("[every]\norder_value = 500\n")

    number, reason = guarded.order(price=0.0, price_type=c.MARKET_SH_CONVERT_5_CANCEL)

    assert number == -1
    assert "exceeds the value" in reason


@pytest.mark.parametrize("name", [SWITCH, f"{SWITCH}.txt"])
def test_the_kill_switch_stops_orders_and_lets_cancels_through(guarded, name):
    number, _ = guarded.order()
    (guarded.folder / name).touch()

    assert "kill switch" in guarded.order()[1]
    assert guarded.trader.cancel_order_stock(ME, number) == 0
    (guarded.folder / name).unlink()
    assert guarded.order()[0] > 0


@pytest.mark.parametrize(
    "text",
    [
        "[every",
        "[every]\norder_valu = 3\n",
        '[every]\norder_value = "much"\n',
        "[every]\norder_value = nan\n",
        "[every]\norders_a_day = -1\n",
        "x = 1\n",
    ],
)
def test_a_file_that_cannot_be_read_lets_no_order_through(guarded, text):
    guarded.limit(text)

    number, reason = guarded.order()

    assert number == -1
    assert FILE in reason


def test_limits_that_notepad_has_given_another_ending_let_no_order_through(guarded):
    given = guarded.folder / f"{FILE}.txt"
    given.write_text("[every]\norder_volume = 1000\n", encoding="utf-8")

    assert f"it is named {FILE}.txt" in guarded.order()[1]
    given.rename(guarded.folder / FILE)
    assert guarded.order()[0] > 0


def test_limits_are_read_behind_the_mark_that_editors_of_windows_put_there(guarded):
    text = "[every]\norder_volume = 50\n"
    (guarded.folder / FILE).write_text(text, encoding="utf-8-sig")

    assert "exceeds the most of one order, 50" in guarded.order(volume=100)[1]


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_limits_in_another_encoding_let_no_order_through(guarded, encoding):
    text = "# 全部账户\n[every]\norder_volume = 1000\n"
    (guarded.folder / FILE).write_text(text, encoding=encoding)

    assert "save it as UTF-8" in guarded.order()[1]


def test_an_order_that_waits_for_its_price_is_kept_back_when_trading_is_stopped(guarded):
    guarded.limit("[every]\norder_value = 50000\n")
    send = guarded.behind.send

    def stopping(request):
        if request.method == "instrument":
            (guarded.folder / SWITCH).touch()
        send(request)

    guarded.behind.send = stopping

    assert "kill switch" in guarded.order()[1]
    assert guarded.trader.query_stock_orders(ME) == []


def test_a_file_that_could_not_be_read_for_once_is_read_again(guarded):
    path = guarded.folder / FILE
    path.mkdir()
    state = path.stat()
    assert FILE in guarded.order()[1]

    path.rmdir()
    guarded.limit("#" * state.st_size)  # which looks no different from outside
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))

    assert guarded.order()[0] > 0


def test_accounts_without_a_word_of_their_own_share_one(guarded):
    guarded.limit("[every]\norder_volume = 100\n[account.1]\norder_volume = 200\n")
    limits = LimitsFile(guarded.folder)

    assert limits.of("2") is limits.of("3")
    assert limits.of("1").order_volume == 200


def test_a_transfer_of_a_read_only_account_is_refused(guarded):
    guarded.limit("[every]\nread_only = true\n")
    answers: list[Reply] = []
    came = threading.Event()
    link = GuardedLink(guarded.host.link("demo"), LimitsFile(guarded.folder), Counts())

    def heard(item):
        answers.append(item)
        came.set()

    assert link.open(7, heard) == 0
    link.send(Request(1, "fund_transfer", 2, DEMO_ACCOUNT, {}, 7))
    assert came.wait(SECONDS)
    link.close()

    assert answers[0].error_id == RefusalCode.LIMITED


@pytest.mark.parametrize("closed", ["futures", "options"])
def test_a_transfer_between_two_accounts_is_refused_when_either_is_read_only(guarded, closed):
    futures, options = house.ACCOUNTS["futures"], house.ACCOUNTS["options"]
    one = {"futures": futures, "options": options}[closed]
    guarded.limit(f"[account.{one.account_id}]\nread_only = true\n")
    before = guarded.trader.query_stock_asset(futures).cash

    done, why = guarded.trader.ctp_transfer_future_to_option(
        options.account_id, futures.account_id, 100.0
    )

    assert (done, "read-only" in why) == (False, True)
    assert guarded.trader.query_stock_asset(futures).cash == before


def test_orders_leave_in_the_order_in_which_they_came(guarded):
    guarded.limit("[every]\norder_value = 100000\nvalue_a_day = 10000000\n")
    answered = threading.Semaphore(0)
    asked = [str(number) for number in range(20)]

    for remark in asked:
        arguments = {
            "stock_code": CODE,
            "order_type": c.STOCK_BUY,
            "order_volume": 100,
            "price_type": c.FIX_PRICE,
            "price": 10.0,
            "strategy_name": "",
            "order_remark": remark,
        }
        guarded.trader.requests.send(
            "order_stock", ME, arguments, lambda answer: answered.release()
        )
    assert all(answered.acquire(timeout=SECONDS) for _ in asked)

    assert [one.order_remark for one in guarded.trader.query_stock_orders(ME)] == asked
