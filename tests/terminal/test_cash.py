"""The cash ledger: no move makes or loses money."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb.errors import CashShort
from xtnb.terminal.ledgers.cash import CashLedger


def test_a_refused_freeze_leaves_the_ledger_as_it_was():
    ledger = CashLedger(available=1_000)

    with pytest.raises(CashShort) as refused:
        ledger.freeze(1_001)

    assert (refused.value.wanted, refused.value.available) == (1_001, 1_000)
    assert ledger == CashLedger(available=1_000)


def test_proceeds_can_be_spent_today_and_withdrawn_tomorrow():
    ledger = CashLedger(available=1_000)

    ledger.receive(500)

    assert (ledger.available, ledger.withdrawable) == (1_500, 1_000)
    ledger.settle()
    assert ledger.withdrawable == 1_500


def test_buying_uses_up_todays_proceeds_first():
    ledger = CashLedger(available=1_000)
    ledger.receive(500)

    ledger.freeze(400)
    ledger.spend(400, 400)

    assert (ledger.available, ledger.withdrawable) == (1_100, 1_000)


def test_buying_and_cancelling_does_not_make_proceeds_withdrawable():
    ledger = CashLedger(available=1_000)
    ledger.receive(500)

    ledger.freeze(500)
    ledger.release(500)

    assert ledger.withdrawable == 1_000


moves = st.lists(
    st.tuples(st.sampled_from(["freeze", "release", "fill", "receive"]), st.integers(0, 10**9)),
    max_size=60,
)


@given(opening=st.integers(0, 10**9), moves=moves)
def test_no_sequence_of_moves_makes_or_loses_money(opening, moves):
    ledger = CashLedger(available=opening)
    paid = earned = 0
    for name, amount in moves:
        part = min(amount, ledger.frozen)
        if name == "freeze":
            with suppress(CashShort):
                ledger.freeze(amount)
        elif name == "release":
            ledger.release(part)
        elif name == "fill":
            ledger.spend(part, part * 2 // 3)
            paid += part * 2 // 3
        else:
            ledger.receive(amount)
            earned += amount

        assert min(ledger.available, ledger.frozen, ledger.unsettled) >= 0
        assert 0 <= ledger.withdrawable <= ledger.available
        assert ledger.available + ledger.frozen == opening + earned - paid
