"""Market data over a link to a MiniQMT, as a paper terminal answers it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.contract.conftest import _local
from tests.session.scripted import SECONDS
from tests.vendor.ear import Broker, opened, query
from tests.vendor.links import AT_ONCE
from tests.vendor.native_quotes import MarketData, tick
from xtnb.link.vendor_quotes import VendorQuotes
from xtnb.vocabulary.messages import PushKind, Request

PUFA, FUND = "600000.SH", "510300.SH"


def ask(seq, method, **arguments):
    return Request(seq, method, 0, "", arguments, 7)


@pytest.fixture
def local():
    """A paper terminal to compare with."""
    reach = _local()
    trader = reach.trader(1)
    assert trader.connect() == 0
    yield reach, trader
    trader.stop()


@pytest.fixture
def quotes(local):
    reach, _ = local
    whole = reach.quote(PUFA)
    assert whole.volume % 100 == 0
    return [whole, reach.quote(FUND)]


@pytest.fixture
def data(quotes):
    return MarketData(quotes)


@pytest.fixture
def link(data):
    link, ear = opened(Broker(), data=data)
    yield link, ear
    link.close()


def test_full_quotes_are_those_of_the_terminal(link, quotes):
    made, ear = link
    made.send(ask(1, "quote_full", codes=(PUFA, "999999.SH", FUND)))

    assert ear.reply(1).value == quotes


def test_the_facts_of_an_instrument_are_those_of_a_paper_terminal(link, local):
    made, ear = link
    _, trader = local
    for seq, code in ((1, PUFA), (2, FUND)):
        made.send(ask(seq, "instrument", stock_code=code))
        ours = trader.requests.ask("instrument", None, {"stock_code": code})
        found = ear.reply(seq).value
        different = {"float_volume", "total_volume", "tick", "lot"}

        assert found.keys() == ours.keys()
        for name in ours.keys() - different:
            assert found[name] == ours[name], name
    made.send(ask(3, "instrument", stock_code="999999.SH"))
    assert ear.reply(3).value is None


def test_a_watched_code_is_told_and_an_unwatched_one_no_more(link, data, quotes):
    made, ear = link
    made.send(ask(1, "quote_subscribe", codes=(PUFA,)))
    made.send(ask(2, "quote_subscribe", codes=(PUFA, FUND)))
    ear.reply(2)
    for quote in quotes:
        data.say(quote)
    ear.wait(4)
    made.send(ask(3, "quote_unsubscribe", codes=(PUFA,)))
    ear.reply(3)
    for quote in quotes:
        data.say(quote)
    ear.wait(6)

    assert {push.kind for push in ear.pushes()} == {PushKind.QUOTE}
    assert [push.record for push in ear.pushes()] == [*quotes, quotes[1]]
    assert [push.number for push in ear.pushes()] == [1, 2, 3]
    assert len(data.watched) == 1
    made.close()
    assert data.watched == {}


def test_quotes_do_not_take_the_numbers_of_other_news(link, data, quotes):
    made, ear = link
    made.send(ask(1, "quote_subscribe", codes=(PUFA,)))
    ear.reply(1)
    data.say(quotes[0])
    data.say(quotes[0])
    ear.wait(3)

    assert [push.number for push in ear.pushes()] == [1, 2]


def test_bars_come_in_shares_and_yuan_with_the_times_asked_for(link, data):
    made, ear = link
    data.bars[PUFA] = [(1_795_000_000_000, 10.0, 10.5, 9.9, 10.2, 30, 30600.0, 10.1)]
    made.send(
        ask(
            1,
            "quote_bars",
            stock_code=PUFA,
            period="1m",
            start_ms=1_795_000_000_000,
            end_ms=0,
            count=-1,
        )
    )

    assert ear.reply(1).value == [(1_795_000_000_000, 10.0, 10.5, 9.9, 10.2, 3000.0, 30600.0, 10.1)]
    assert ("download", PUFA, "1m", "20261118190640", "") in data.asked
    assert ("bars", "1m", "20261118190640", "", -1) in data.asked


def test_ticks_of_the_past_are_quotes(link, quotes):
    made, ear = link
    asked = {"stock_code": PUFA, "start_ms": 0, "end_ms": 0, "count": 1}
    made.send(ask(1, "quote_bars", period="tick", **asked))
    made.send(ask(2, "quote_bars", period="7m", **asked))
    made.send(ask(3, "quote_bars", period="1d", **{**asked, "stock_code": "999999.SH"}))

    assert ear.reply(1).value == [quotes[0]]
    assert "period" in ear.reply(2).error
    assert ear.reply(3).value == []


def test_without_market_data_the_reply_says_so():
    link, ear = opened(Broker())
    link.send(ask(1, "quote_full", codes=(PUFA,)))

    assert "market data" in ear.reply(1).error
    link.close()


def test_facts_of_a_day_are_asked_for_once(link, data):
    made, ear = link
    for seq in range(1, 4):
        made.send(ask(seq, "quote_full", codes=(PUFA,)))
    ear.reply(3)

    assert data.asked.count(("detail", PUFA)) == 1


def read(quotes, **changed):
    heard = []
    data = MarketData(quotes)
    made = VendorQuotes(data, heard.append)
    data.get_full_tick = lambda codes: {PUFA: {**tick(quotes[0]), **changed}}
    return made.answer(ask(1, "quote_full", codes=(PUFA,)))[0]


def test_what_a_terminal_leaves_out_is_blank(quotes):
    nothing = dict.fromkeys(tick(quotes[0]))

    found = read(quotes, **nothing)

    assert (found.last_price, found.volume, found.bid_price) == (0.0, 0, (0.0,) * 5)


def test_a_text_may_stand_for_the_time(quotes):
    assert read(quotes, time=None, timetag="20261120 10:00:00.500").time == 1_795_140_000_500
    assert read(quotes, time=None, timetag="20261120 10:00:00").time == 1_795_140_000_000
    assert read(quotes, time=None, timetag="morning").time == 0


def test_numbers_that_stand_for_none_are_0(quotes):
    worst = 1.7976931348623157e308

    found = read(quotes, lastPrice=worst, open=float("nan"))

    assert (found.last_price, found.open) == (0.0, 0.0)


def test_lots_are_shares_also_when_only_lots_are_told(quotes):
    found = read([replace(quotes[0], volume=50_000)], pvolume=None)

    assert found.volume == 50_000
    assert found.bid_volume == quotes[0].bid_volume


@pytest.mark.parametrize("failure", [RuntimeError("it is starting"), -1])
def test_a_code_that_could_not_be_watched_is_tried_again(link, data, failure):
    made, ear = link
    watch, failures = data.subscribe_quote, [failure]

    def subscribe(*arguments, **named):
        if not failures:
            return watch(*arguments, **named)
        failed = failures.pop()
        if isinstance(failed, Exception):
            raise failed
        return failed

    data.subscribe_quote = subscribe
    for seq in (1, 2, 3):
        made.send(ask(seq, "quote_subscribe", codes=(PUFA,)))

    assert ear.reply(1).value in (None, 0)
    assert [ear.reply(seq).value for seq in (2, 3)] == [0, 0]
    assert [code for code, _ in data.watched.values()] == [PUFA]


class Hanging(MarketData):
    """Market data of which one method does not return until a test lets it."""

    def __init__(self, quotes, method) -> None:
        super().__init__(quotes)
        self.free, self.begun = threading.Event(), threading.Event()
        call = getattr(self, method)

        def hang(*arguments, **named):
            self.begun.set()
            self.free.wait(SECONDS)
            return call(*arguments, **named)

        setattr(self, method, hang)


BARS = {"stock_code": PUFA, "period": "1d", "start_ms": 0, "end_ms": 0, "count": 1}


@pytest.fixture
def patient():
    """Limits that leave no call behind because it took too long."""
    return replace(AT_ONCE, send=3600.0, answer=3600.0)


@pytest.mark.parametrize("method", ["get_full_tick", "download_history_data"])
def test_a_cancel_does_not_wait_for_market_data_that_hangs(quotes, patient, method):
    hanging = Hanging(quotes, method)
    broker = Broker(cancel_order_stock=(0, 41, "S41"))
    made, ear = opened(broker, data=hanging, limits=patient)
    made.send(ask(1, "quote_full", codes=(PUFA,)))
    made.send(ask(2, "quote_bars", **BARS))
    assert hanging.begun.wait(SECONDS)

    made.send(query(3, "cancel_order_stock", order_id=41))

    assert ear.reply(3).error == ""
    hanging.free.set()
    made.close()


def test_a_quote_does_not_wait_for_bars_that_are_downloaded(quotes, patient):
    hanging = Hanging(quotes, "download_history_data")
    made, ear = opened(Broker(), data=hanging, limits=patient)
    made.send(ask(1, "quote_bars", **BARS))
    assert hanging.begun.wait(SECONDS)

    made.send(ask(2, "quote_full", codes=(PUFA,)))

    assert [one.stock_code for one in ear.reply(2).value] == [PUFA]
    hanging.free.set()
    made.close()
