"""The desk's frames of margin accounts, lending, new issues, counters and contracts."""

from __future__ import annotations

import pytest

import xtnb
from xtnb.errors import QueryFailed
from xtnb.frames.queries import TABLES, query_schema

STOCK, CREDIT, FUTURE, OPTION = "1000000365", "1208970161", "2000000365", "3000000365"
KINDS = {STOCK: "STOCK", CREDIT: "CREDIT", FUTURE: "FUTURE", OPTION: "STOCK_OPTION"}
SHOWN = [
    *[(CREDIT, name) for name in ("credit", "debts", "eligible", "lendable", "collateral")],
    *[(CREDIT, name) for name in ("borrow_quotes", "borrow_contracts")],
    *[(STOCK, name) for name in ("ipo", "purchase_limit", "counter_fund", "counter_positions")],
    *[(account, "position_statistics") for account in (FUTURE, OPTION)],
    *[(account, name) for account in KINDS for name in ("banks", "bank_transfers")],
    *[(account, "shareholders") for account in (STOCK, CREDIT, OPTION)],
    *[(CREDIT, "borrow_orders"), (STOCK, "algorithms"), (STOCK, "reconciliation")],
]
AT_FIRST_EMPTY = {"borrow_contracts", "borrow_orders", "bank_transfers", "algorithms"}
AT_FIRST_EMPTY |= {"reconciliation"}


@pytest.fixture(scope="module")
def desk():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk


def test_every_table_is_shown_by_some_account():
    assert {name for _, name in SHOWN} | {"bank_balance"} == set(TABLES)


@pytest.mark.parametrize(("account", "name"), SHOWN)
def test_a_query_is_a_frame_with_its_schema(desk, account, name):
    desk.use(account, KINDS[account])

    frame = getattr(desk, name)()

    assert list(frame.columns) == list(query_schema(name).names)
    assert dict(frame.dtypes) == query_schema(name).dtypes()
    assert len(frame) or name in AT_FIRST_EMPTY
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


def test_money_from_the_bank_is_in_its_balance_and_among_the_transfers(desk):
    desk.use(STOCK)
    (bank,) = desk.banks().itertuples()
    named = bank.bank_no, bank.bank_account
    before = desk.bank_balance(*named, "123456")["balance"][0]

    assert desk.trader.bank_transfer_in(desk.account, *named, 1_000.0)[0]

    assert desk.bank_balance(*named, "123456")["balance"][0] == before - 1_000
    (moved,) = desk.bank_transfers().itertuples()
    assert (moved.balance, moved.transfer_direction, moved.account_id) == (1_000, "1", STOCK)
    assert len(desk.bank_transfers("20261120", "20261120")) == 1
    assert not len(desk.bank_transfers("20261121"))


def test_a_wrong_password_fails_in_the_bank_s_words(desk):
    desk.use(STOCK)
    (bank,) = desk.banks().itertuples()

    with pytest.raises(QueryFailed, match=r"bank_balance: .+"):
        desk.bank_balance(bank.bank_no, bank.bank_account, "wrong")


def test_an_application_to_borrow_is_shown_with_what_became_of_it(desk):
    desk.use(CREDIT, "CREDIT")
    offer = desk.borrow_quotes().iloc[0]

    done, text, number = desk.trader.smt_negotiate_order(
        desk.account,
        offer.srcGroupId,
        offer.code,
        int(offer.date),
        1_000,
        float(offer.usedRate),
    )

    assert done, text
    orders = desk.borrow_orders().set_index("applyId")
    assert orders.loc[number].code == offer.code
    assert orders.loc[number].entrustAmount == 1_000


def test_an_algorithm_s_task_is_shown_with_its_orders(desk):
    desk.use(STOCK)

    desk.trader.smart_algo_order_async(
        desk.account, "000001.SZ", 23, 1_000, 12, 0.0, "plan", "note", "TWAP",
        "09:31:00", "09:41:00", {},
    )  # fmt: skip
    (task,) = desk.algorithms().itertuples()

    assert (task.order_num, task.strategy_name) == (1_000, "plan")
    assert set(task.order_id_list) <= set("0123456789, ")
