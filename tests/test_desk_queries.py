"""The desk's frames of margin accounts, lending, new issues, counters and contracts."""

from __future__ import annotations

import pytest

import xtnb
from xtnb.errors import QueryFailed
from xtnb.frames.queries import TABLES, query_schema
from xtnb.vocabulary.options import options

STOCK, CREDIT, FUTURE, OPTION = "1000000365", "1208970161", "2000000365", "3000000365"
KINDS = {STOCK: "STOCK", CREDIT: "CREDIT", FUTURE: "FUTURE", OPTION: "STOCK_OPTION"}
SHOWN = [
    *[(CREDIT, name) for name in ("credit", "debts", "eligible", "lendable", "collateral")],
    *[(CREDIT, name) for name in ("borrow_quotes", "borrow_contracts")],
    *[(STOCK, name) for name in ("ipo", "purchase_limit", "counter_fund", "counter_positions")],
    *[(account, "position_statistics") for account in (FUTURE, OPTION)],
]


@pytest.fixture(autouse=True)
def english():
    options.language = "en"
    yield
    options.language = "en"


@pytest.fixture(scope="module")
def desk():
    with xtnb.paper("desk-queries", seed=7, clock="hand") as desk:
        yield desk


def test_every_table_is_shown_by_some_account():
    assert {name for _, name in SHOWN} == set(TABLES)


@pytest.mark.parametrize(("account", "name"), SHOWN)
def test_a_query_is_a_frame_with_its_schema(desk, account, name):
    desk.use(account, KINDS[account])

    frame = getattr(desk, name)()

    assert list(frame.columns) == list(query_schema(name).names)
    assert dict(frame.dtypes) == query_schema(name).dtypes()
    assert len(frame) or name == "borrow_contracts"  # nothing is borrowed ahead at first
    assert list(frame.xt.zh().columns) == [f.zh for f in query_schema(name).fields.values()]


def test_a_frame_says_what_the_query_says(desk):
    desk.use(CREDIT, "CREDIT")
    contracts = desk.trader.query_stk_compacts(desk.account)

    debts = desk.debts()

    assert list(debts["compact_id"]) == [one.compact_id for one in contracts]
    assert list(debts["real_compact_balance"]) == [one.real_compact_balance for one in contracts]


@pytest.mark.parametrize("name", ["credit", "debts", "lendable"])
def test_a_query_of_another_kind_of_account_fails_and_is_not_empty(desk, name):
    desk.use(STOCK)

    with pytest.raises(QueryFailed, match=name):
        getattr(desk, name)()


def test_both_sides_of_a_contract_are_kept_apart(desk):
    desk.use(FUTURE, "FUTURE")

    kept = desk._live.books.positions

    assert len(kept) == len(desk.positions())
    assert {(row.stock_code, row.direction) for row in kept.records()} == {
        (row.stock_code, row.direction) for row in desk.trader.query_stock_positions(desk.account)
    }
