"""A preview of a renewal or a return and the terminal cannot disagree."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import InputError, QueryFailed, RefusalCode

CREDIT = "1208970161"


@pytest.fixture
def desk():
    with xtnb.paper(seed=5, clock="hand") as desk:
        yield desk.use(CREDIT, "CREDIT")


def answer(desk, call, *arguments):
    """What the terminal says to it: whether it is done, and the words."""
    answers = []

    class Ear:
        def on_smt_appointment_async_response(self, told):
            answers.append(told)

    desk.trader.register_callback(Ear())
    getattr(desk.trader, call)(desk.account, *arguments)
    desk.asset()
    desk.trader.register_callback(None)
    (told,) = answers
    return told


def borrowed(desk, volume=1_000):
    """A new contract of the first source that lends at once."""
    quote = desk.borrow_quotes().query("applyMode == '1'").iloc[0]
    asked = quote.srcGroupId, quote.code, int(quote.date), volume, float(quote.usedRate), {}
    done, text, number = desk.trader.smt_negotiate_order(desk.account, *asked)
    assert done, text
    return contract_of(desk, number)


def contract_of(desk, apply_id):
    return desk.borrow_contracts().set_index("applyId").loc[apply_id]


def named(desk, number):
    return desk.borrow_contracts().set_index("cashcompactId").loc[number]


def same_verdict(said, told):
    assert said.accepted == told.success, (said, told.msg)
    if not told.success:
        assert said.code in set(RefusalCode)
        assert told.msg == said.reason
    return said.accepted


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    days=st.sampled_from([None, None, None, 1, 400]),
    volume=st.sampled_from([None, 100, 500, 1_000, 150, 1_100]),
    over=st.sampled_from([0.0, 0.0, 0.01, -0.01]),
    code=st.sampled_from(["", "", "", "600036.SH", "688981.SH"]),
    twice=st.booleans(),
)
def test_a_renewal_is_judged_as_the_terminal_judges_it(desk, days, volume, over, code, twice):
    before = borrowed(desk)
    code = code or before.code
    days = days or int(before.date)
    rate = round(float(before.usedRate) + over, 4)
    for _ in range(1 + twice):
        said = desk.preview_renewal(before.cashcompactId, code, days, volume, rate)
        asked = before.cashcompactId, code, days, said.volume, rate
        if not same_verdict(said, answer(desk, "smt_compact_renewal_async", *asked)):
            continue
        assert said.used_rate == rate
        assert said.left == 1_000 - said.volume
        assert said.due > before.validDate
        assert 0 < said.interest_unused < said.interest_used


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    volume=st.sampled_from([None, 100, 500, 1_000, 150, 1_100]),
    code=st.sampled_from(["", "", "", "688981.SH"]),
)
def test_a_return_is_judged_and_charged_as_the_terminal_does_it(desk, volume, code):
    before = borrowed(desk)
    code = code or before.code

    said = desk.preview_return(before.cashcompactId, code, volume)
    told = answer(
        desk, "smt_compact_return_async", "", before.cashcompactId, code, int(said.volume)
    )

    if same_verdict(said, told):
        after = named(desk, before.cashcompactId)
        assert after.compacAmount == said.left
        assert after.compactInterestx == pytest.approx(said.charge)
        assert said.owed == pytest.approx(said.charge)
        assert said.charge > 0


def test_the_due_day_of_a_renewal_is_the_one_that_the_contract_then_has(desk):
    before = borrowed(desk)
    said = desk.preview_renewal(before.cashcompactId, before.code, int(before.date))
    asked = before.cashcompactId, before.code, said.days, said.volume, said.used_rate
    assert answer(desk, "smt_compact_renewal_async", *asked).success

    desk.clock.advance(86_400)  # wishes are reviewed at the turn of the day

    after = named(desk, before.cashcompactId)
    assert (after.validDate, after.usedRate) == (said.due, said.used_rate)
    assert str(said.due) in repr(said)
    assert said.frame()["due"][0] == said.due


def test_what_is_sold_short_cannot_be_given_back(desk):
    before = borrowed(desk)
    free = int(
        desk.lendable()
        .query("cashgroup_prop == 49")
        .set_index("instrument_id")
        .loc[before.code[:-3]]
        .enable_amount
    )
    price = xtnb.xtdata.get_full_tick([before.code])[before.code]["lastPrice"]
    short = desk.order(before.code, c.CREDIT_SLO_SELL_SPECIAL, free, c.FIX_PRICE, price)
    assert short.status != "rejected"

    said = desk.preview_return(before.cashcompactId, before.code)
    told = answer(desk, "smt_compact_return_async", "", before.cashcompactId, before.code, 1_000)

    assert said.code == RefusalCode.LENDABLE
    assert told.msg == said.reason
    assert "refused" in repr(said)


def test_no_contract_wrong_arguments_and_other_accounts(desk):
    contract = borrowed(desk)
    asked = contract.cashcompactId, contract.code

    assert desk.preview_renewal("C0", contract.code, 7).code == RefusalCode.UNKNOWN_ORDER
    assert desk.preview_return("C0", contract.code).code == RefusalCode.UNKNOWN_ORDER
    for wrong in (lambda: desk.preview_renewal(*asked, 0), lambda: desk.preview_return(*asked, 0)):
        with pytest.raises(InputError):
            wrong()
    with pytest.raises(InputError):
        desk.preview_renewal(*asked, 7, rate=0.123456)
    desk.use("1000000365")
    with pytest.raises(QueryFailed):
        desk.preview_return(*asked)
    desk.use(CREDIT, "CREDIT")
