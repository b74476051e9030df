"""What is kept of a terminal is all of it: a restart is not to be noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.terminal.kept_house import TASKS, Restarted, Told, differences
from tests.terminal.test_all_accounts import Trading, cancels, deals, loans, moves, orders
from tests.terminal.whole_house import PEOPLE, STOCKS
from xtnb import xtconstant as c
from xtnb.terminal.accounts.demo import KINDS as ACCOUNT_KINDS
from xtnb.terminal.accounts.demo import demo_books
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.codec import KeepingError, Reader, pack, unpack
from xtnb.terminal.keeping.forms import FORMS, HOUSE
from xtnb.terminal.keeping.house import KINDS, Keeper, restore
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import demo
from xtnb.vocabulary.records import XtTrade

WRITTEN_DOWN = Path(__file__).parent / "kept_fields.json"

tasks = st.tuples(
    st.just("task"),
    st.sampled_from([who for who in PEOPLE if who[0] == c.SECURITY_ACCOUNT]),
    st.sampled_from(TASKS),
    st.sampled_from(STOCKS),
    st.integers(1, 20),
    st.integers(3, 50),
)
waits = st.tuples(st.just("wait"), st.integers(1, 9))
steps = st.lists(
    st.one_of(
        *[orders] * 4, *[deals] * 6, cancels, moves, moves, loans, tasks, waits, st.just(("roll",))
    ),
    min_size=8,
    max_size=30,
)


class Steps(Trading):
    """Carries the steps of test_all_accounts out on a house, without its checks."""

    def __init__(self, house):
        self.house = house

    def step(self, step):
        getattr(self, step[0])(*step[1:])

    def _place(self, who, order_type, code, volume, price, price_type):
        self.house.order(who, order_type, code, volume, price, price_type)

    def task(self, who, algorithm, code, lots, minutes):
        self.house.task(who, algorithm, code, lots * 100, minutes)

    def wait(self, minutes):
        self.house.wait(minutes)


def alike(house, twin):
    """Both have been told the same, from the first word on."""
    for mine, theirs in zip(house.heard, twin.heard, strict=True):
        assert mine == theirs
        assert type(mine) is type(theirs)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps, st.data())
def test_a_terminal_that_was_restarted_goes_on_as_if_it_had_not(steps, data):
    stops = data.draw(st.sets(st.integers(0, len(steps) - 1), min_size=1, max_size=3))
    house, twin = Restarted(), Told()
    for place, step in enumerate(steps):
        for each in (house, twin):
            Steps(each).step(step)
        if place in stops:
            before = dict(house.rows)
            assert house.restart() == ([], [])
            assert differences(before, Restarted.everything(house)) == []
    alike(house, twin)
    whole = Restarted.everything(house)
    assert differences(house.rows, whole) == []


def test_what_changed_is_all_that_needs_to_be_written():
    house = Restarted()
    steps = Steps(house)
    for who in PEOPLE:
        steps.order(who, 0, 0, 2, 0, 0)
        steps.order(who, 1, 1, 1, -1, 0)
        for way in ("510", "512", "in", "out", "520"):
            steps.move(who, way, 333)
        house.ask("query_com_fund", who)
        house.ask("query_com_position", who)
        if who[0] == c.SECURITY_ACCOUNT:
            house.ask("query_new_purchase_limit", who)
        if who[0] == c.CREDIT_ACCOUNT:
            house.ask("smt_query_compact", who)
            steps.borrow(True, 1)

        assert differences(house.rows, Restarted.everything(house)) == []


# -- every class and field ------------------------------------------------------------------


def test_the_fields_of_each_version_are_those_that_were_written_down():
    known = json.loads(WRITTEN_DOWN.read_text(encoding="utf-8"))
    now = {f"{form.name}/{form.version}": list(form.fields) for form in FORMS}

    changed = [name for name in now if known.get(name) != now[name]]

    assert not changed, (
        f"the fields of {changed} differ from what files of that version hold: raise the "
        "version of the form, say in `older` how the new values come of the old ones, and add "
        "the new version to kept_fields.json"
    )
    assert not {form.name for form in FORMS} - {name.partition("/")[0] for name in known}


def test_what_is_handed_in_is_named_after_a_field():
    for form in FORMS:
        instance_fields = {*form.fields, *form.handed}
        slots = {slot for base in form.kind.__mro__ for slot in vars(base).get("__slots__", ())}
        if slots:
            assert instance_fields >= slots - {"__weakref__"}, form.name


def everything_there_is(terminal):
    """Every object that the accounts and desks of a terminal lead to, by what leads to it."""
    seen = {}
    queue = [(books, "accounts") for books in terminal.accounts.values()]
    queue += [(one, "beside") for one in terminal.lending._borrowers.values()]
    queue += [(one, "beside") for one in terminal.transfers._elsewhere.values()]
    queue += [(one, "tasks") for one in terminal.algorithms._tasks.values()]
    queue += [(one, "common") for one in terminal.floor.common.values()]
    while queue:
        one, path = queue.pop()
        if id(one) in seen or isinstance(one, type) or callable(one):
            continue
        seen[id(one)] = (one, path)
        if isinstance(one, dict):
            queue += [(each, path) for pair in one.items() for each in pair]
        elif isinstance(one, (list, tuple, set, frozenset)) or type(one).__name__ == "deque":
            queue += [(each, path) for each in one]
        if not type(one).__module__.startswith("xtnb.terminal."):
            continue
        form = HOUSE.by_class.get(type(one))
        for field in form.fields if form else ():
            if hasattr(one, field):
                queue.append((getattr(one, field), f"{path}.{type(one).__name__}.{field}"))
        for field in ("orders", "records", "lines", "call", "counters"):
            if hasattr(one, field):
                queue.append((getattr(one, field), f"{path}.{field}"))
    return [(one, path) for one, path in seen.values()]


NOT_STATE = {"Market", "Floor", "Tape", "Book"}


def test_every_class_that_the_accounts_of_the_demo_lead_to_is_covered():
    house = Restarted()
    steps = Steps(house)
    for who in PEOPLE:
        for order_type in range(10):
            steps.order(who, order_type, order_type, 2, 0, 0)
        steps.move(who, "in", 333)
    steps.borrow(True, 0)
    house.task(PEOPLE[0], "TWAP", STOCKS[0], 500, 30)

    found = everything_there_is(house.terminal)

    assert len(found) > 300
    for one, path in found:
        kind = type(one)
        if kind.__module__.startswith("xtnb.terminal.") and kind.__name__ not in NOT_STATE:
            frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", False)
            assert frozen or kind in HOUSE.by_class or kind.__name__ == "Roll", (path, kind)
        form = HOUSE.by_class.get(kind)
        if form is not None and hasattr(one, "__dict__"):
            assert vars(one).keys() <= {*form.fields, *form.handed}, (path, kind)


def test_every_kind_of_account_has_a_form():
    market = Market(HandClock(), 1)
    terminal = PaperTerminal("demo", market, demo())
    for books in demo_books(terminal.floor):
        terminal.admit(books)
        terminal.lending.begin(books)

    rows = {kind: [] for kind in KINDS}
    for row in Keeper(terminal).changes().kept:
        rows[row.kind].append((row.name, row.body))

    assert {kind for kind, _ in terminal.accounts} == ACCOUNT_KINDS
    again = PaperTerminal("demo", market)
    assert restore(again, rows) == []
    for key, books in terminal.accounts.items():
        other = again.accounts[key]
        assert type(other) is type(books)
        assert vars(other.asset()) == vars(books.asset())
        for query in ("query_stock_positions", "query_stock_orders", "query_stock_trades"):
            assert books.calls()[query]({}) == other.calls()[query]({})


# -- the codec by itself -----------------------------------------------------------------------

plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.text(),
        st.dates(),
        st.floats(allow_nan=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(), st.tuples(st.text(), st.booleans())), inner),
        st.sets(st.text()),
    ),
    max_leaves=30,
)


@given(plain)
def test_plain_values_come_back_as_they_were(value):
    stored = unpack(pack(HOUSE.plain(value)))

    back = Reader(HOUSE, None).value(stored)

    assert back == value
    assert type(back) is type(value)


def test_a_class_without_a_form_is_refused_by_name():
    class Unknown:
        pass

    with pytest.raises(KeepingError, match="Unknown"):
        HOUSE.plain(Unknown())


def test_what_was_stored_by_a_version_to_come_is_refused_by_name():
    stored = HOUSE.plain(house_of_cash())
    stored[2] = 99

    with pytest.raises(KeepingError, match="CashLedger of version 99"):
        Reader(HOUSE, None).value(stored)


def house_of_cash():
    (form,) = [form for form in FORMS if form.name == "CashLedger"]
    return form.kind(5, 6)


def test_an_older_version_is_brought_up_to_date(monkeypatch):
    (form,) = [form for form in FORMS if form.name == "CashLedger"]
    newer = form._replace(version=2, older={1: lambda values: [*values[:2], 77]})
    stored = HOUSE.plain(form.kind(5, 6))
    monkeypatch.setitem(HOUSE.by_name, "CashLedger", newer)

    back = Reader(HOUSE, None).value(stored)

    assert (back.available, back.frozen, back.unsettled) == (5, 6, 77)


@pytest.mark.parametrize("where", ["os.system", "errors.Refused", "rules.fees.os", "rules.no.No"])
def test_only_values_of_the_house_are_made(where):
    with pytest.raises(KeepingError, match="is not known here"):
        Reader(HOUSE, None).value([9, where, {"command": "true"}])


def test_the_list_of_fills_has_the_fields_of_its_record():
    assert HOUSE.by_class[XtTrade].fields[0] == "account_id"
