"""What a broker's terminal tells again is told on once, also after a restart of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.scripted import order
from xtnb import xtconstant as c
from xtnb.link.retold import Retold
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.records import XtTrade

ACCOUNT = (2, "1")
NOON = 1_795_406_400  # 2026-11-23 12:00 in Shanghai
HOUR, DAY = 3_600, 86_400
WORKING = replace(order(1), order_time=NOON, order_status=c.ORDER_REPORTED, order_volume=300)
STATES = [
    WORKING,
    replace(WORKING, order_status=c.ORDER_PART_SUCC, traded_volume=100),
    replace(WORKING, order_status=c.ORDER_PART_SUCC, traded_volume=200),
    replace(WORKING, order_status=c.ORDER_SUCCEEDED, traded_volume=300),
]


def fill(traded_id, time=NOON, code="600000.SH", order_id=1):
    return XtTrade(
        *("1", code, 23, traded_id, time, 10.5, 100, 1050.0, order_id, "S1", "", "", 0, 48)
    )


def told(record, number=1):
    kind = PushKind.TRADE if isinstance(record, XtTrade) else PushKind.ORDER
    return Push("t", 1, number, kind, *ACCOUNT, record)


def nothing(account_type, account_id):
    return []


def now():
    return NOON * 10**9


def news(retold, records):
    return [record for record in records if retold.is_news(told(record))]


@given(
    st.lists(st.sampled_from([*STATES, *(fill(str(number)) for number in range(5))])),
    st.integers(0, 20),
)
def test_whatever_is_told_again_each_fill_is_news_once_and_no_order_goes_back(records, cut):
    stored = news(Retold(nothing, now), records[:cut])
    after = Retold(lambda *account: stored, now)  # a restart: what was told is in the journal

    heard = stored + news(after, records)

    fills = [record.traded_id for record in heard if isinstance(record, XtTrade)]
    volumes = [record.traded_volume for record in heard if not isinstance(record, XtTrade)]
    assert sorted(fills) == sorted({one.traded_id for one in records if isinstance(one, XtTrade)})
    assert volumes == sorted(set(volumes))


@pytest.mark.parametrize(
    "other",
    [
        fill("T1", NOON + DAY),  # numbers begin anew with the day
        fill("T1", NOON + 9 * HOUR),  # and this is the next one's night session
        fill("T1", code="000001.SZ"),  # another exchange's number
        fill("T1", order_id=2),
    ],
)
def test_another_fill_of_the_same_number_is_news(other):
    assert news(Retold(nothing, now), [fill("T1"), other]) == [fill("T1"), other]


@pytest.mark.parametrize(
    "other",
    [
        replace(WORKING, order_time=NOON + DAY),
        replace(WORKING, order_time=NOON + 9 * HOUR),
        replace(WORKING, stock_code="000001.SZ"),
        replace(WORKING, order_type=c.STOCK_SELL),
    ],
)
def test_another_order_of_the_same_number_is_news(other):
    assert news(Retold(nothing, now), [STATES[-1], other]) == [STATES[-1], other]


TIMELESS = [fill("T1", 0), fill("T2", 93_015), replace(WORKING, order_time=93_015)]


def test_what_bears_no_number_or_was_told_before_a_restart_and_bears_no_time_is_told_again():
    doubtful = [fill(""), fill("", 0), *TIMELESS]

    assert news(Retold(nothing, now), 2 * doubtful) == [*doubtful, *doubtful[:2]]
    assert news(Retold(lambda *account: doubtful, now), doubtful) == doubtful


def test_what_bears_no_time_is_of_the_trading_day_on_which_it_came():
    moments = iter([NOON, NOON, NOON, *3 * [NOON + 2 * HOUR], *3 * [NOON + 9 * HOUR]])
    retold = Retold(nothing, lambda: next(moments) * 10**9)

    assert news(retold, 3 * TIMELESS) == 2 * TIMELESS


def test_the_journal_is_read_once_for_each_account():
    asked = []
    retold = Retold(lambda *account: asked.append(account) or (), now)
    for account in (ACCOUNT, (3, "1"), ACCOUNT):
        retold.is_news(Push("t", 1, 1, PushKind.TRADE, *account, fill("T1")))

    assert asked == [ACCOUNT, (3, "1")]
