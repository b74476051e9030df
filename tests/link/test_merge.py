"""Whatever the ways do, what comes out is what the terminal made, in its order."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from xtnb.link.codec import encode
from xtnb.link.merge import HOLD_SECONDS, Came, Merge
from xtnb.link.protocol import whose
from xtnb.vocabulary.messages import Push, Reply, Request
from xtnb.vocabulary.records import XtAsset, XtOrderError

OURS, OTHERS = "1", "2"


def push(number: int, account: str = OURS, kind: str = "stock_asset") -> Push:
    record = XtAsset(account, float(number), 0.0, 0.0, 0.0)
    return Push("t", 1, number, kind, 2, account, record)


def came(news: Push, causes: tuple[int, ...] = (), ours: bool = False) -> Came:
    return Came(news.number, whose(2, news.account_id), encode(news), causes, ours)


def request(seq: int, method: str = "order_stock") -> Request:
    return Request(seq, method, 2, OURS, {})


class Heard(list):
    """What was delivered: numbers of pushes, "r<seq>" for replies."""

    def __call__(self, item: Reply | Push) -> None:
        self.append(f"r{item.seq}" if isinstance(item, Reply) else item.number)


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def merge(done: int = 0, subscribed: bool = True) -> tuple[Merge, Heard, Seconds]:
    heard, clock = Heard(), Seconds()
    accounts = {whose(2, OURS)} if subscribed else set()
    return Merge(heard, done, accounts, clock), heard, clock


def test_pushes_come_out_in_order_and_once():
    one, heard, _ = merge()

    for number in (1, 3, 3, 2, 1, 5, 4, 2):
        one.push(came(push(number)))

    assert heard == [1, 2, 3, 4, 5]


def test_a_gap_is_told_and_named_after_a_little_patience():
    one, heard, clock = merge()

    assert one.push(came(push(1)))
    assert not one.push(came(push(4)))
    assert one.missing(0.1) is None
    clock.now = 0.2
    assert one.missing(0.1) == (2, 4)

    for number in (2, 3):
        one.push(came(push(number)))
    assert heard == [1, 2, 3, 4]
    assert one.missing(0.1) is None


def test_numbers_that_are_known_and_do_not_come_are_missing():
    one, _, clock = merge()

    one.known(3)
    clock.now = 1.0

    assert one.missing(0.1) == (1, 3)


def test_a_push_waits_for_the_reply_that_was_before_it():
    one, heard, _ = merge()
    one.expect(request(7))

    one.push(came(push(1), causes=(7,)))
    one.push(came(push(2)))
    assert heard == []

    one.reply(Reply(7, 100, after=0))
    assert heard == ["r7", 1, 2]


def test_a_reply_waits_for_the_pushes_that_were_before_it():
    one, heard, _ = merge()
    one.expect(request(7))

    one.reply(Reply(7, 100, after=2))
    one.push(came(push(1)))
    assert heard == [1]

    one.push(came(push(2)))
    assert heard == [1, 2, "r7"]


def test_an_account_is_heard_from_the_answer_to_subscribe_until_that_to_unsubscribe():
    one, heard, _ = merge(subscribed=False)
    one.push(came(push(1)))
    one.expect(request(7, "subscribe"))
    one.push(came(push(2)))
    one.push(came(push(3)))
    one.reply(Reply(7, 0, after=2))
    one.expect(request(8, "unsubscribe"))
    one.push(came(push(4)))
    one.push(came(push(5)))
    one.reply(Reply(8, 0, after=4))

    assert heard == ["r7", 3, 4, "r8"]


def test_a_failed_subscription_subscribes_nothing():
    one, heard, _ = merge(subscribed=False)
    one.expect(request(7, "subscribe"))
    one.reply(Reply(7, -1, "no such account"))
    one.push(came(push(1)))

    assert heard == ["r7"]


def test_an_error_of_ours_is_heard_without_a_subscription_and_nobody_else_s():
    one, heard, _ = merge(subscribed=False)
    error = Push("t", 1, 1, "order_error", 2, OURS, XtOrderError(OURS, 1), 5, 7)

    one.push(came(error, ours=True))
    one.push(came(error._replace(number=2)))

    assert heard == [1]


def test_a_reply_that_never_comes_holds_nothing_back_for_long():
    one, heard, clock = merge()
    one.expect(request(7))
    one.push(came(push(1), causes=(7,)))
    one.tick()
    assert heard == []

    clock.now = HOLD_SECONDS + 1
    one.tick()

    assert heard == [1]
    one.reply(Reply(7, 100, after=0))
    assert heard == [1, "r7"]


def test_a_reply_is_not_held_for_ever_by_pushes_that_never_come():
    one, heard, clock = merge()
    one.expect(request(7))
    one.reply(Reply(7, 1, after=9))
    clock.now = HOLD_SECONDS + 1
    one.tick()

    assert heard == ["r7"]


def test_nothing_is_delivered_after_the_end():
    one, heard, _ = merge()
    last = Push("t", 1, 0, "disconnected", 0, "", None)

    one.end(last)
    one.push(came(push(1)))
    one.aside(push(9))

    assert heard == [0]


def test_a_listener_that_fails_changes_nothing():
    def broken(item: Reply | Push) -> None:
        raise ValueError("a broken listener")

    one = Merge(broken, 0, {whose(2, OURS)})
    one.push(came(push(1)))
    one.push(came(push(2)))

    assert one.done == 2


def test_bytes_that_are_no_push_are_left_out_and_the_rest_goes_on():
    one, heard, _ = merge()
    one.push(Came(1, whose(2, OURS), b"\xc1"))
    one.push(Came(2, whose(2, OURS), encode(Reply(1, 1))))
    one.push(came(push(3)))

    assert heard == [3]


# A story as the terminal makes it: each entry is a reply of ours, a push, or a push of others.
STORIES = st.lists(st.sampled_from(["reply", "push", "others"]), min_size=1, max_size=40)


@given(STORIES, st.randoms(use_true_random=False), st.floats(0, 0.4), st.integers(0, 6))
def test_drops_doubles_delays_and_disorder_on_the_way_change_nothing(story, chance, loss, spread):
    one, heard, clock = merge()
    wanted: list[object] = []
    stream: dict[int, Came] = {}
    wire: list[tuple[float, object]] = []
    number, seq, causes = 0, 0, ()
    for place, what in enumerate(story):
        if what == "reply":
            seq += 1
            one.expect(request(seq))
            wanted.append(f"r{seq}")
            causes = (*causes, seq)
            item: object = Reply(seq, 1, after=number)
        else:
            number += 1
            news = push(number, OURS if what == "push" else OTHERS)
            item = stream[number] = came(news, causes)
            causes = ()
            if what == "push":
                wanted.append(number)
        copies = 1 + (chance.random() < 0.2)
        if isinstance(item, Came) and chance.random() < loss:
            copies = 0
        wire += [(place + chance.random() * spread, item) for _ in range(copies)]
    wire.sort(key=lambda entry: entry[0])

    for _, item in wire:
        one.reply(item) if isinstance(item, Reply) else one.push(item)
    one.known(number)
    clock.now = 1.0
    while (gap := one.missing(0.1)) is not None:
        for lost in range(gap[0], gap[1] + 1):
            one.push(stream[lost])

    assert by_pushes(heard) == by_pushes(wanted)


def by_pushes(items: list[object]) -> list[object]:
    """Replies without a push between them have no order of their own on such a wire."""
    found: list[object] = [set()]
    for item in items:
        if isinstance(item, str):
            found[-1].add(item)
        else:
            found += [item, set()]
    return found


def test_more_pushes_ahead_than_it_keeps_are_fetched_again():
    one, heard, clock = merge()
    numbers = list(range(2, 25_000))
    random.Random(7).shuffle(numbers)
    for number in numbers:
        one.push(came(push(number)))
    clock.now = 1.0

    first, last = one.missing(0.1)
    assert (first, last) == (1, 24_999)
    for number in range(first, last + 1):
        one.push(came(push(number)))

    assert heard == list(range(1, 25_000))
