from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb.errors import InputError
from xtnb.live.store import Feed, Patch, Snapshot, Table
from xtnb.live.stream import Stream


@dataclass
class Row:
    name: str
    price: float = 0.0
    volume: int = 0


def columns():
    return {"name": lambda r: r.name, "price": lambda r: r.price, "double": lambda r: 2 * r.volume}


class View:
    """A browser's view by the book: what arrives in order is applied, a gap asks for everything."""

    def __init__(self):
        self.rows, self.last, self.wants_all = {}, None, True

    def receive(self, message):
        if isinstance(message, Snapshot):
            cells = zip(*message.columns.values(), strict=True)
            rows = [dict(zip(message.columns, row, strict=True)) for row in cells]
            self.rows = dict(zip(message.keys, rows, strict=True))
            self.last, self.wants_all = message.number, False
        elif self.last is None or message.number != self.last + 1:
            self.wants_all = True
        else:
            for key, cells in message.changed:
                self.rows.setdefault(key, {}).update(cells)
            for key in message.removed:
                del self.rows[key]
            self.last = message.number


def test_a_second_record_of_a_key_replaces_the_first():
    table = Table(Row, "name")

    table.apply(Row("a", 1.0))
    table.apply(Row("b", 2.0))
    table.apply(Row("a", 3.0))

    assert table.records() == [Row("a", 3.0), Row("b", 2.0)]
    assert table.keys() == ["a", "b"]
    assert table.get("a") == Row("a", 3.0)
    assert table.get("c") is None


def test_a_snapshot_of_a_table_holds_every_attribute_by_column():
    table = Table(Row, lambda row: row.name)
    table.apply(Row("a", 1.0, 5))
    table.apply(Row("b", 2.0, 6))

    snapshot = table.snapshot()

    assert snapshot.keys == ["a", "b"]
    assert snapshot.columns == {"name": ["a", "b"], "price": [1.0, 2.0], "volume": [5, 6]}
    assert snapshot.number == table.version


def test_a_listener_is_told_the_changed_cells_and_no_others():
    table = Table(Row, "name")
    heard = []
    forget = table.on_change(lambda key, cells: heard.append((key, cells)))

    table.apply(Row("a", 1.0, 5))
    table.apply(Row("a", 1.0, 7))
    table.remove("a")
    forget()
    table.apply(Row("a"))

    assert heard == [("a", vars(Row("a", 1.0, 5))), ("a", {"volume": 7}), ("a", {})]


def test_many_changes_between_two_frames_become_one_cell():
    table = Table(Row, "name")
    feed = Feed(table, columns())
    feed.snapshot()

    for step in range(1_000):
        table.apply(Row("a", 1.0, step))

    assert feed.patch() == Patch(2, [("a", {"name": "a", "price": 1.0, "double": 1998})])
    assert feed.patch() is None


def test_a_change_that_no_column_shows_sends_nothing():
    table = Table(Row, "name")
    table.apply(Row("a", 1.0, 1))
    feed = Feed(table, {"name": lambda row: row.name})
    feed.snapshot()

    table.apply(Row("a", 9.0, 9))

    assert feed.patch() is None
    assert feed.number == 1


def test_a_row_that_came_and_went_between_two_frames_is_not_mentioned():
    table = Table(Row, "name")
    feed = Feed(table, columns())
    feed.snapshot()

    table.apply(Row("a"))
    table.remove("a")

    assert feed.patch() is None


def test_a_feed_gathers_nothing_before_its_first_snapshot():
    table = Table(Row, "name")
    moves = []
    feed = Feed(table, columns(), lambda: moves.append(1))

    table.apply(Row("a"))

    assert feed.patch() is None
    assert moves == []


def test_a_closed_feed_is_forgotten_by_its_table():
    table = Table(Row, "name")
    feed = Feed(table, columns())
    feed.snapshot()

    feed.close()
    table.apply(Row("a"))

    assert feed.patch() is None
    assert table._feeds == []


def test_replacing_the_rows_drops_those_that_are_not_named():
    table = Table(Row, "name")
    feed = Feed(table, columns())
    table.apply(Row("a", 1.0))
    table.apply(Row("b", 1.0))
    feed.snapshot()

    table.replace([Row("b", 2.0), Row("c", 3.0)])

    patch = feed.patch()
    assert patch.removed == ["a"]
    assert dict(patch.changed)["b"] == {"price": 2.0}
    assert table.keys() == ["b", "c"]


def test_the_oldest_rows_leave_beyond_the_limit():
    table = Table(Row, "name", limit=2)
    feed = Feed(table, columns())
    feed.snapshot()

    for name in "abc":
        table.apply(Row(name))

    assert table.keys() == ["b", "c"]
    assert [key for key, _ in feed.patch().changed] == ["b", "c"]


def test_a_limit_below_one_is_an_input_error():
    with pytest.raises(InputError):
        Table(Row, "name", limit=0)


def test_a_stream_keeps_records_that_look_the_same():
    stream = Stream(Row)
    feed = Feed(stream, columns())
    feed.snapshot()

    numbers = [stream.append(Row("a", 1.0)) for _ in range(3)]

    assert numbers == [1, 2, 3]
    assert [key for key, _ in feed.patch().changed] == [1, 2, 3]


def test_a_stream_counts_what_it_had_to_drop():
    stream = Stream(Row, limit=10)

    for step in range(25):
        stream.append(Row("a", float(step)))

    assert (len(stream), stream.dropped) == (10, 15)
    assert [row.price for row in stream.records()] == [float(n) for n in range(15, 25)]


def test_a_feed_that_is_never_asked_holds_no_more_than_the_limit():
    stream = Stream(Row, limit=100)
    feed = Feed(stream, columns())
    feed.snapshot()

    for step in range(5_000):
        stream.append(Row("a", float(step)))

    assert len(feed._touched) <= 101
    assert [key for key, _ in feed.patch().changed] == list(range(4_901, 5_001))


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("push"),
            st.builds(
                Row, st.sampled_from("abcdef"), st.sampled_from([1.0, 2.0]), st.integers(0, 2)
            ),
        ),
        st.tuples(st.just("remove"), st.sampled_from("abcdef")),
        st.tuples(st.just("replace"), st.lists(st.builds(Row, st.sampled_from("abc")))),
        st.tuples(st.just("frame"), st.tuples(st.booleans(), st.booleans())),
        st.tuples(st.just("ask"), st.just(None)),
    ),
    max_size=60,
)


@given(steps=steps, limit=st.integers(1, 8))
def test_whatever_frames_are_lost_every_view_ends_with_the_table(steps, limit):
    table = Table(Row, "name", limit=limit)
    feed = Feed(table, columns())
    views = [View(), View()]

    def frame(arrives):
        message = feed.snapshot() if any(view.wants_all for view in views) else feed.patch()
        for view, heard in zip(views, arrives, strict=True):
            if message is not None and heard:
                view.receive(message)

    for what, value in steps:
        if what == "push":
            table.apply(value)
        elif what == "remove":
            table.remove(value)
        elif what == "replace":
            table.replace(value)
        elif what == "ask":
            views[0].wants_all = True
        else:
            frame(value)
        assert len(table) <= limit
    for view in views:  # the number that a quiet table repeats shows a lost last frame
        view.wants_all = view.wants_all or view.last != feed.number
    frame((True, True))

    wanted = {
        row.name: {"name": row.name, "price": row.price, "double": 2 * row.volume}
        for row in table.records()
    }
    assert [view.rows for view in views] == [wanted, wanted]


@given(batches=st.lists(st.lists(st.integers()), max_size=20))
def test_no_record_of_a_stream_is_coalesced_away(batches):
    stream = Stream(Row)
    feed = Feed(stream, columns())
    feed.snapshot()
    seen = []

    for batch in batches:
        for volume in batch:
            stream.append(Row("a", 0.0, volume))
        patch = feed.patch()
        seen += [cells["double"] for _, cells in patch.changed] if patch else []

    assert seen == [2 * volume for batch in batches for volume in batch]
