"""What an account holds of one instrument: volumes add up, T+1 holds shares back."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb.errors import VolumeShort
from xtnb.terminal.ledgers.stock import Holding

DAY = "20261120"


class Mark:
    last = 105_000


def holding_of(**shares):
    return Holding("600000.SH", Mark(), "浦发银行", **shares)


def parts(holding):
    return holding.volume, holding.sellable, holding.frozen, holding.on_road


def test_shares_bought_today_are_sellable_tomorrow():
    holding = holding_of()

    holding.buy(200, 2_000, 5, same_day=False, day=DAY)

    assert parts(holding) == (200, 0, 0, 200)
    holding.roll()
    assert parts(holding) == (200, 200, 0, 0)
    assert holding.yesterday == 200


def test_a_fund_of_the_t0_list_is_sellable_at_once():
    holding = holding_of()

    holding.buy(200, 2_000, 5, same_day=True, day=DAY)

    assert parts(holding) == (200, 200, 0, 0)


def test_a_refused_freeze_leaves_the_holding_as_it_was():
    holding = holding_of(sellable=300, on_road=200, cost=5_000)

    with pytest.raises(VolumeShort) as refused:
        holding.freeze(301)

    assert (refused.value.wanted, refused.value.available) == (301, 300)
    assert parts(holding) == (500, 300, 0, 200)


def test_cost_without_fees_and_paid_with_fees_keep_their_averages_when_shares_are_sold():
    holding = holding_of(sellable=300, cost=3_000_000)
    holding.buy(100, 1_200_000, 50_000, same_day=True, day=DAY)

    holding.freeze(200)
    holding.sell(200)

    assert holding.cost == (3_000_000 + 1_200_000) // 2
    assert holding.paid == (3_000_000 + 1_250_000) // 2


def test_nothing_of_the_cost_is_left_when_all_is_sold():
    holding = holding_of(sellable=300, cost=3_000_001)

    holding.freeze(300)
    holding.sell(300)

    assert (holding.volume, holding.cost, holding.paid) == (0, 0, 0)


moves = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy_t0", "freeze", "release", "sell", "roll"]),
        st.integers(1, 10**6),
    ),
    max_size=60,
)


@given(moves=moves)
def test_volumes_add_up_after_any_sequence(moves):
    holding = holding_of()
    for name, volume in moves:
        part = min(volume, holding.frozen)
        if name in ("buy", "buy_t0"):
            holding.buy(volume, volume * 105_000, 50_000, name == "buy_t0", DAY)
        elif name == "freeze":
            with suppress(VolumeShort):
                holding.freeze(volume)
        elif name == "release":
            holding.release(part)
        elif name == "sell" and part:
            holding.sell(part)
        elif name == "roll":
            holding.roll()

        assert holding.volume == holding.sellable + holding.frozen + holding.on_road
        assert min(parts(holding)) >= 0
        assert min(holding.cost, holding.paid) >= 0
        if not holding.volume:
            assert (holding.cost, holding.paid) == (0, 0)
