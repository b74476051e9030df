"""What is subscribed again after a break: only what the terminal has taken counts."""

from __future__ import annotations

from tests.link.clients import Client
from tests.link.serving import until
from tests.session.scripted import ScriptedLink
from xtnb.link.subscribed import Subscribed
from xtnb.vocabulary.messages import Reply, Request
from xtnb.xttype import StockAccount

ONE = (2, "1")
SUBSCRIBE = Request(0, "subscribe", *ONE, {})


def quotes(method: str, *codes: str) -> Request:
    return Request(0, method, 0, "", {"codes": list(codes)})


# -- served --------------------------------------------------------------------------------------


def lost_and_back(link: ScriptedLink, client: Client) -> None:
    link.lose()
    until(lambda: not client.trader.connected)
    until(lambda: client.trader.connect() == 0)


def refusals(link: ScriptedLink, times: float) -> list[Request]:
    """The terminal knows no account for so many times; returns what it is asked."""
    asked: list[Request] = []

    def subscribe(request: Request) -> list[Reply]:
        asked.append(request)
        knows = len(asked) > times
        return [Reply(request.seq, 0 if knows else -1, "" if knows else "no account yet")]

    link.answers["subscribe"] = subscribe
    return asked


def test_who_subscribes_what_a_new_terminal_does_not_know_yet_hears_so(scripted):
    link, client = scripted
    asked = refusals(link, float("inf"))

    lost_and_back(link, client)
    until(lambda: asked)

    assert client.trader.subscribe(StockAccount("1")) == -1


def test_an_account_that_a_new_terminal_does_not_know_yet_is_tried_again(scripted, caplog):
    link, client = scripted
    asked = refusals(link, 2)

    lost_and_back(link, client)
    until(lambda: len(asked) == 3)

    assert client.trader.subscribe(StockAccount("1")) == 0
    said = [one.message for one in caplog.records if "subscribed again" in one.message]
    assert said == ["an account cannot be subscribed again: no account yet; trying again"]


def test_quotes_that_could_not_be_begun_are_asked_for_by_the_next_who_wants_them(scripted):
    link, client = scripted
    link.answers["quote_subscribe"] = lambda asked: [Reply(asked.seq, None, "not now")]
    codes = {"codes": ["600000.SH"]}
    client.trader.requests.ask("quote_subscribe", None, codes)

    link.answers["quote_subscribe"] = 0
    said = [client.trader.requests.ask("quote_subscribe", None, codes) for _ in range(2)]

    assert said == [0, 0]
    asked = [one.arguments["codes"] for one in link.sent if one.method == "quote_subscribe"]
    assert asked == [["600000.SH"]] * 2


# -- what is noted -------------------------------------------------------------------------------


def test_an_account_is_subscribed_once_the_terminal_says_so():
    subscribed = Subscribed()

    assert not subscribed.answered(SUBSCRIBE, Reply(0, -1, "no"))
    assert not subscribed.has(ONE)
    assert subscribed.answered(SUBSCRIBE, Reply(0, 0))
    assert subscribed.has(ONE)
    subscribed.clear()
    assert not subscribed.has(ONE)


def test_codes_are_lacking_until_the_terminal_has_taken_them():
    subscribed = Subscribed()
    begun = subscribed.asks(quotes("quote_subscribe", "A", "B"))

    assert subscribed.lacks(["A", "C"]) == ["A", "C"]
    subscribed.answered(begun, Reply(0, 0))
    assert subscribed.lacks(["A", "B", "C"]) == ["C"]


def test_an_answer_says_nothing_of_a_code_that_was_asked_for_again():
    subscribed = Subscribed()
    begun = subscribed.asks(quotes("quote_subscribe", "A", "B"))
    ended = subscribed.asks(quotes("quote_unsubscribe", "A"))
    again = subscribed.asks(quotes("quote_subscribe", "A"))

    subscribed.answered(begun, Reply(0, 0))
    assert subscribed.lacks("AB") == ["A"]
    subscribed.answered(ended, Reply(0, 0))
    assert subscribed.lacks("AB") == ["A"]
    subscribed.answered(again, Reply(0, 0))
    assert subscribed.lacks("AB") == []


def test_a_refused_account_is_tried_again_after_pauses_that_grow_while_someone_wants_it():
    now = [0.0]
    subscribed = Subscribed(lambda: now[0])
    tried = []

    assert subscribed.refused(ONE)
    for second in range(200):
        now[0] = float(second)
        for account in subscribed.due([ONE]):
            tried.append(second)
            assert not subscribed.due([ONE])  # it is under way
            assert not subscribed.refused(account)
    subscribed.due([])
    now[0] = 1_000.0

    assert tried == [1, 3, 7, 15, 31, 63, 123, 183]
    assert subscribed.due([ONE]) == []


def test_an_account_that_was_taken_is_not_tried_again():
    now = [0.0]
    subscribed = Subscribed(lambda: now[0])

    subscribed.refused(ONE)
    subscribed.answered(SUBSCRIBE, Reply(0, 0))
    now[0] = 1_000.0

    assert subscribed.due([ONE]) == []
