"""The book of sessions: what it tells the next server, and how it gets over a lost bucket."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from tests.link.serving import NAMES, nats_server, until
from xtnb.link.jetstream import call
from xtnb.link.keys import bucket_of
from xtnb.link.leases import Lease, LeaseBook
from xtnb.link.wire import Wire

BUCKET = bucket_of(NAMES[-2])


@pytest.fixture
def wire():
    with ExitStack() as leaving:
        wire = Wire([nats_server().address], nats_server().own)
        wire.connect()
        leaving.callback(wire.close)
        leaving.callback(call, wire, f"STREAM.DELETE.KV_{BUCKET}")
        yield wire


@pytest.fixture
def book(wire):
    book = LeaseBook(BUCKET)
    book.resume(wire)
    return book


def read(wire: Wire) -> list[Lease]:
    """What a server that begins finds there."""
    book = LeaseBook(BUCKET)
    book.resume(wire)
    return sorted(book.read())


def test_what_is_noted_is_there_for_the_next_server(book, wire):
    book.note(Lease(7, 1001, "UKEY desk-pc 12"))
    book.note(Lease(9, 1002, "UKEY desk-pc 13"))
    book.note(Lease(9, 1002, "", held=False))
    assert book.drain(10)

    assert read(wire) == [Lease(7, 1001, "UKEY desk-pc 12"), Lease(9, 1002, "", held=False)]


def test_who_waits_hears_that_it_is_written(book, wire):
    written = threading.Event()

    book.note(Lease(7, 1001, "UKEY"), written.set)

    assert written.wait(10)
    assert read(wire) == [Lease(7, 1001, "UKEY")]


def test_the_end_of_a_session_does_not_undo_the_begin_of_the_next(book, wire):
    book.note(Lease(7, 1002, "UKEY"))
    book.note(Lease(7, 1001, "", held=False))
    assert book.drain(10)

    assert read(wire) == [Lease(7, 1002, "UKEY")]


def test_nobody_waits_for_a_bucket_that_is_not_there_and_it_is_filled_when_it_is(book, wire):
    book.note(Lease(5, 1001, "UKEY"))
    assert book.drain(10)
    call(wire, f"STREAM.DELETE.KV_{BUCKET}")
    heard = threading.Event()

    book.note(Lease(7, 1002, "UKEY"), heard.set)

    assert heard.wait(10)
    assert not book.drain(0)
    book.resume(wire)
    assert book.drain(10)
    assert read(wire) == [Lease(5, 1001, "UKEY"), Lease(7, 1002, "UKEY")]


def test_what_was_not_written_is_written_again(book, wire):
    call(wire, f"STREAM.DELETE.KV_{BUCKET}")
    book.note(Lease(7, 1001, "UKEY"))
    assert read(wire) == []  # which makes the bucket anew

    def written() -> bool:
        book.tick()
        return book.drain(0)

    until(written)
    assert read(wire) == [Lease(7, 1001, "UKEY")]


def test_nobody_waits_without_a_wire():
    heard = threading.Event()

    LeaseBook(BUCKET).note(Lease(7, 1001, "UKEY"), heard.set)

    assert heard.is_set()


def test_an_entry_of_an_older_server_has_its_revision_for_a_fence(book, wire):
    wire.request(f"$KV.{BUCKET}.7", b"desk-pc 12")

    assert read(wire) == [Lease(7, 1, "desk-pc 12")]
