"""What a server has said lately, and says again to who missed it."""

from __future__ import annotations

import pytest

from xtnb.link.outbox import Live, Outbox, read_clump


@pytest.fixture
def outbox():
    outbox = Outbox("live", lambda: None)
    yield outbox
    outbox.close()


def live(number: int, size: int = 1) -> Live:
    return Live(number, "2.1", bytes(size), "", 0)


def test_what_was_said_is_said_again_from_a_number_on(outbox):
    pushes = [live(number) for number in range(5, 11)]
    for push in pushes:
        outbox.push(1, push)

    assert read_clump(outbox.again(5, 100)) == (1, pushes)
    assert read_clump(outbox.again(7, 2)) == (1, pushes[2:4])
    assert outbox.again(4, 100) is None
    assert outbox.again(11, 100) is None


def test_what_another_life_said_is_forgotten(outbox):
    outbox.push(1, live(1))
    outbox.push(1, live(2))

    outbox.push(2, live(1))

    assert read_clump(outbox.again(1, 100)) == (2, [live(1)])
    assert outbox.again(2, 100) is None


def test_memory_is_bounded_and_a_clump_is(outbox):
    for number in range(1, 101):
        outbox.push(1, live(number, 100_000))

    assert outbox.again(1, 1) is None
    assert read_clump(outbox.again(100, 100)) == (1, [live(100, 100_000)])
    assert len(read_clump(outbox.again(90, 100))[1]) == 1
    assert sum(len(push.data) for push in outbox._last) <= 4 * 1024 * 1024


def test_a_push_longer_than_a_clump_is_said_alone(outbox):
    outbox.push(1, live(1, 1_000_000))
    outbox.push(1, live(2))

    assert read_clump(outbox.again(1, 100)) == (1, [live(1, 1_000_000)])
