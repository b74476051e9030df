"""A preview of an application to borrow and the terminal cannot disagree."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xtnb
from xtnb.errors import InputError, QueryFailed, RefusalCode

CREDIT = "1208970161"


@pytest.fixture(scope="module")
def desk():
    with xtnb.paper(seed=5, clock="hand") as desk:
        yield desk.use(CREDIT, "CREDIT")


def sent(desk, code, days, volume, rate, group, rates, at_once):
    """Send the application; whether it was taken, and what was said."""
    if at_once:
        done, text, number = desk.trader.smt_negotiate_order(
            desk.account, group, code, days, volume, rate, rates
        )
        return done, text, number
    answers = []

    class Ear:
        def on_smt_appointment_async_response(self, answer):
            answers.append(answer)

    desk.trader.register_callback(Ear())
    desk.trader.smt_appointment_order_async(desk.account, code, days, volume, rate)
    desk.asset()
    desk.trader.register_callback(None)
    (answer,) = answers
    return answer.success, answer.msg, answer.apply_id


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.integers(0, 30),
    days=st.sampled_from([None, None, None, 1, 3, 400]),
    volume=st.sampled_from([100, 100, 500, 1_000, 150, 10**8]),
    over=st.sampled_from([0.0, 0.0, 0.0, 0.01, -0.01]),
    named=st.booleans(),
    fine=st.sampled_from([None, None, 0.5, 0.0]),
    at_once=st.booleans(),
)
def test_an_application_is_judged_as_the_terminal_judges_it(
    desk, place, days, volume, over, named, fine, at_once
):
    quotes = desk.borrow_quotes()
    quotes = quotes[quotes["applyMode"] == ("1" if at_once else "2")]
    row = quotes.iloc[place % len(quotes)]
    days = days or int(row.date)
    rate = max(0.0, round(float(row.usedRate) + over, 4))
    group = str(row.srcGroupId) if named and at_once else ""
    rates = {"fineRate": fine} if fine is not None and at_once else {}

    said = desk.preview_borrow(
        row.code, days, volume, rate, group=group, rates=rates, at_once=at_once
    )
    done, text, number = sent(desk, row.code, days, volume, rate, group, rates, at_once)

    assert said.accepted == done, (said, text)
    if not done:
        assert text in (said.reason_en, f"{said.reason_zh} / {said.reason_en}")
        assert said.code in set(RefusalCode)
        return
    orders = desk.borrow_orders().set_index("applyId")
    assert orders.loc[number].srcGroupId == said.src_group_id
    assert orders.loc[number].usedRate == said.used_rate
    if at_once:
        contracts = desk.borrow_contracts().set_index("applyId")
        made = contracts.loc[number]
        assert made.validDate == said.due
        assert (made.fineRate, made.unUsedRate, made.preendRate) == (
            said.fine_rate,
            said.unused_rate,
            said.early_rate,
        )
        assert made.beginCompacBalance == pytest.approx(said.value)
    assert desk.trader.smt_appointment_cancel_async(desk.account, number) > 0
    desk.asset()


def test_without_a_rate_the_least_one_is_taken(desk):
    row = desk.borrow_quotes().iloc[0]

    said = desk.preview_borrow(row.code, int(row.date), 100)

    assert said
    asked = desk.borrow_quotes().query("code == @row.code and applyMode == '1'")
    assert said.rate == said.used_rate == asked["usedRate"].min()
    assert 0 < said.interest_unused < said.interest_used
    assert said.frame()["src_group_id"][0] == said.src_group_id
    assert str(said.src_group_id) in repr(said)


def test_a_security_that_nobody_lends_and_odd_volumes_are_refused(desk):
    nobody = desk.preview_borrow("688981.SH", 7, 100, 0.1)
    odd = desk.preview_borrow(desk.borrow_quotes()["code"][0], 7, 150, 0.1)

    assert (nobody.code, odd.code) == (RefusalCode.NOT_ELIGIBLE, RefusalCode.LOT)
    assert "refused" in repr(nobody)
    assert not nobody


def test_wrong_arguments_and_other_accounts_raise(desk):
    with pytest.raises(InputError):
        desk.preview_borrow("600036.SH", 0, 100)
    with pytest.raises(InputError):
        desk.preview_borrow("600036.SH", 7, 100, 0.123456)
    desk.use("1000000365")
    with pytest.raises(QueryFailed):
        desk.preview_borrow("600036.SH", 7, 100)
    desk.use(CREDIT, "CREDIT")
