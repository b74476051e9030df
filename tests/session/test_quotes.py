"""A quote session over a real paper market whose clock is moved by hand."""

import logging
import threading
from queue import Queue

import pytest

from tests.session.scripted import ScriptedLink
from xtnb.errors import InputError, NotConnected, QueryFailed, RequestTimeout, TerminalUnavailable
from xtnb.link.local import PaperHost
from xtnb.rules.instruments import all_instruments
from xtnb.session.quotes import BAR_FIELDS, TICK_FIELDS, QuoteSession, bar_row, tick_row
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.vocabulary.messages import Push, PushKind

PUFA, BANK = "600000.SH", "000001.SZ"
PATIENCE = 10


@pytest.fixture
def host():
    known = all_instruments()
    market = Market(HandClock(), 7, [known[PUFA], known[BANK]])
    facts = {"seed": 7, "clock": "hand"}
    return PaperHost(market, lambda name: PaperTerminal(name, market, ()), None, facts)


@pytest.fixture
def session(host):
    session = QuoteSession(lambda: host.link("paper"), timeout=PATIENCE)
    yield session
    session.close()


def quote_threads():
    return [thread for thread in threading.enumerate() if thread.name == "xtnb-quotes"]


def end_of(threads):
    for thread in threads:
        thread.join(PATIENCE)
    return [thread for thread in threads if thread.is_alive()]


def test_a_question_opens_the_link_and_closes_it_again(session, host):
    quotes = session.full([PUFA, "999999.SH"])

    assert [quote.stock_code for quote in quotes] == [PUFA]
    assert quotes[0] == host.market.quote(PUFA)
    assert host.links == 0


def test_bars_come_as_the_market_keeps_them(session, host):
    assert session.bars(PUFA, "1d", last=3) == host.market.bars(PUFA, "1d", count=3)
    assert session.bars("999999.SH", "1d") == []


def test_an_instrument_has_facts_and_an_unknown_one_none(session):
    assert session.instrument(PUFA)["name"] == "浦发银行"
    assert session.instrument("999999.SH") is None


def test_a_subscription_hears_the_present_tick_first_and_then_each_change(session, host):
    heard = Queue()
    present = host.market.quote(PUFA)

    session.subscribe([PUFA], "tick", heard.put)
    first = heard.get(timeout=PATIENCE)
    host.advance(30)
    second = heard.get(timeout=PATIENCE)

    assert first == {PUFA: [tick_row(present)]}
    assert list(second) == [PUFA]
    assert all(row["time"] > first[PUFA][0]["time"] for row in second[PUFA])


def test_every_snapshot_arrives_in_order_and_none_twice(session, host):
    rows, all_before_heard = [], threading.Event()
    session.subscribe([PUFA], "tick", lambda data: rows.extend(data[PUFA]))
    host.advance(60)
    told = host.call(lambda: host.market.bars(PUFA, "tick"))

    session.subscribe([BANK], "tick", lambda data: all_before_heard.set())

    assert all_before_heard.wait(PATIENCE)
    assert len(told) > 20
    assert rows[1:] == [tick_row(quote) for quote in told]


def test_a_whole_subscription_hears_a_tick_for_each_code(session, host):
    heard = Queue()

    session.subscribe([PUFA, BANK, "999999.SH"], "tick", heard.put, whole=True)
    first = heard.get(timeout=PATIENCE)

    assert set(first) == {PUFA, BANK}
    assert tuple(first[PUFA]) == TICK_FIELDS


def test_a_bar_subscription_hears_the_present_bar(session, host):
    heard = Queue()

    session.subscribe([PUFA], "1m", heard.put)
    heard.get(timeout=PATIENCE)
    host.advance(5)
    data = heard.get(timeout=PATIENCE)

    assert len(data[PUFA]) == 1
    assert tuple(data[PUFA][0]) == BAR_FIELDS


def test_after_unsubscribing_nothing_is_heard_and_no_thread_or_link_is_left(session, host):
    heard = Queue()
    number = session.subscribe([PUFA], "tick", heard.put)
    heard.get(timeout=PATIENCE)
    threads = quote_threads()

    assert session.unsubscribe(number) == 0

    assert session.unsubscribe(number) == -1
    assert host.links == 0
    assert end_of(threads) == []
    session.subscribe([BANK], "tick", None)
    host.advance(10)
    assert heard.empty()
    assert session.bars(PUFA, "tick") == []
    assert session.bars(BANK, "tick")


def test_two_subscriptions_share_a_code_and_one_may_end(session, host):
    one, two = Queue(), Queue()
    first = session.subscribe([PUFA], "tick", one.put)
    session.subscribe([PUFA], "tick", two.put)
    one.get(timeout=PATIENCE)
    two.get(timeout=PATIENCE)

    session.unsubscribe(first)
    host.advance(10)

    assert two.get(timeout=PATIENCE)[PUFA]
    assert one.empty()


def test_a_listener_may_end_its_own_subscription(session, host):
    numbers, ended = Queue(), Queue()
    threads = []

    def hear(data):
        threads.append(threading.current_thread())
        ended.put(session.unsubscribe(numbers.get(timeout=PATIENCE)))

    numbers.put(session.subscribe([PUFA], "tick", hear))

    assert ended.get(timeout=PATIENCE) == 0
    assert end_of(threads) == []
    assert host.links == 0


def test_a_fault_in_a_listener_is_logged_with_its_traceback_and_changes_nothing_else(
    session, host, caplog
):
    heard = Queue()

    def fail(data):
        raise ZeroDivisionError("in the program of the user")

    with caplog.at_level(logging.ERROR, logger="xtnb.xtdata"):
        session.subscribe([PUFA], "tick", fail)
        session.subscribe([PUFA], "tick", heard.put)
        heard.get(timeout=PATIENCE)
        host.advance(5)
        assert heard.get(timeout=PATIENCE)

    assert "in the program of the user" in caplog.text
    assert "Traceback" in caplog.text


def test_all_callbacks_run_on_one_thread(session, host):
    names = Queue()
    for code in (PUFA, BANK):
        session.subscribe([code], "tick", lambda data: names.put(threading.current_thread()))
    host.advance(5)

    assert len({names.get(timeout=PATIENCE) for _ in range(3)}) == 1


def test_a_listener_may_ask(session, host):
    answers = Queue()

    session.subscribe([PUFA], "tick", lambda data: answers.put(session.full([PUFA])))

    assert answers.get(timeout=PATIENCE)[0].stock_code == PUFA


def test_a_slow_listener_gets_what_has_piled_up_in_one_call(session, host):
    calls, go, busy = Queue(), threading.Event(), threading.Event()

    def hear(data):
        busy.set()
        assert go.wait(PATIENCE)
        calls.put(data[PUFA])

    session.subscribe([PUFA], "tick", hear)
    assert busy.wait(PATIENCE)
    host.advance(30)
    go.set()

    assert len(calls.get(timeout=PATIENCE)) == 1
    assert len(calls.get(timeout=PATIENCE)) > 5


def test_close_ends_everything_and_the_session_can_be_used_again(session, host):
    session.subscribe([PUFA], "tick", lambda data: None)
    threads = quote_threads()

    session.close()

    assert host.links == 0
    assert end_of(threads) == []
    assert session.full([PUFA])


def test_wait_returns_when_the_session_is_closed(session, host):
    entered, left = threading.Event(), threading.Event()

    def wait():
        entered.set()
        session.wait()
        left.set()

    threading.Thread(target=wait, daemon=True).start()
    assert entered.wait(PATIENCE)
    while not left.is_set():
        session.close()
        left.wait(0.05)

    assert host.links == 0


def test_an_unknown_period_is_an_input_error_and_subscribes_to_nothing(session, host):
    with pytest.raises(InputError, match="period"):
        session.subscribe([PUFA], "2m", print)

    assert host.links == 0


def test_a_bar_counts_lots_and_a_tick_both_lots_and_shares(session, host):
    quote = session.full([PUFA])[0]
    bar = session.bars(PUFA, "1d", last=1)[0]

    tick, row = tick_row(quote), bar_row(bar)

    assert tick["pvolume"] == quote.volume
    assert tick["volume"] == quote.volume // 100
    assert tick["askVol"] == [volume // 100 for volume in quote.ask_volume]
    assert row["volume"] == bar[5] // 100


def test_an_error_of_the_terminal_comes_out_as_query_failed(session):
    with pytest.raises(QueryFailed, match="period"):
        session.bars(PUFA, "2m")


# -- links that fail ----------------------------------------------------------------------


def test_a_question_without_an_answer_ends_with_request_timeout():
    session = QuoteSession(ScriptedLink, timeout=0.05)

    with pytest.raises(RequestTimeout, match="quote_full"):
        session.full([PUFA])


@pytest.mark.parametrize("result", [-1, -2])
def test_a_terminal_that_takes_no_session_is_unavailable(result):
    link = ScriptedLink()
    link.result = result

    with pytest.raises(TerminalUnavailable, match="scripted"):
        QuoteSession(lambda: link).full([PUFA])


def test_a_lost_link_fails_what_waits_at_once_and_close_makes_a_new_one():
    links = [ScriptedLink(quote_full=[], quote_subscribe=0), ScriptedLink(quote_full=[])]
    session = QuoteSession(lambda: links.pop(0), timeout=PATIENCE)
    first = links[0]
    session.subscribe([PUFA], "tick", None)
    failed = Queue()

    def ask():
        with pytest.raises(NotConnected):
            session.bars(PUFA, "1d")
        failed.put(True)

    threading.Thread(target=ask, daemon=True).start()
    first.next()
    first.lose()

    assert failed.get(timeout=PATIENCE)
    assert not session.is_connected()
    with pytest.raises(NotConnected, match="reconnect"):
        session.full([PUFA])
    session.close()
    assert session.full([PUFA]) == []


def test_wait_raises_when_the_link_is_lost():
    link = ScriptedLink(quote_full=[], quote_subscribe=0)
    session = QuoteSession(lambda: link, timeout=PATIENCE)
    session.subscribe([PUFA], "tick", None)
    link.lose()

    with pytest.raises(NotConnected):
        session.wait()
    session.close()


def test_a_push_of_another_kind_is_not_for_us():
    link = ScriptedLink(quote_full=[], quote_subscribe=0, quote_unsubscribe=0)
    session = QuoteSession(lambda: link, timeout=PATIENCE)
    heard = Queue()
    session.subscribe([PUFA], "tick", heard.put)

    link.say(Push("scripted", 1, 1, PushKind.ORDER, 2, "1", object()))
    link.quiet()
    session.close()

    assert heard.empty()
