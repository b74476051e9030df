"""Records for the tests of frames."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from xtnb.vocabulary.fields import field_table
from xtnb.vocabulary.records import Quote, XtOrder

TEXTS = st.text(max_size=8)
WHOLE = st.integers(-(2**40), 2**40)
YUAN = st.floats(allow_nan=False, allow_infinity=False, width=32)
SECONDS = st.integers(0, 4_000_000_000)


def order(number: int, **changes) -> XtOrder:
    """An order as the paper terminal makes it."""
    facts = {
        "account_id": "1000000365",
        "stock_code": "600000.SH",
        "order_id": number,
        "order_sysid": f"S{number}",
        "order_time": 1_763_602_200 + number,
        "order_type": 23,
        "order_volume": 200,
        "price_type": 50,
        "price": 10.5,
        "traded_volume": 0,
        "traded_price": 0.0,
        "order_status": 50,
        "status_msg": "",
        "strategy_name": "",
        "order_remark": "",
        "direction": 0,
        "offset_flag": 48,
    }
    return XtOrder(**(facts | changes))


def quote(**changes) -> Quote:
    """A quote with five levels a side."""
    facts = {
        "stock_code": "600000.SH",
        "instrument_name": "浦发银行",
        "time": 1_763_602_200_500,
        "last_price": 10.5,
        "open": 10.4,
        "high": 10.6,
        "low": 10.3,
        "last_close": 10.0,
        "up_limit": 11.0,
        "down_limit": 9.0,
        "volume": 1000,
        "amount": 10_500.0,
        "transactions": 3,
        "bid_price": (10.49, 10.48, 10.47, 10.46, 10.45),
        "bid_volume": (100, 200, 300, 400, 500),
        "ask_price": (10.5, 10.51, 10.52, 10.53, 10.54),
        "ask_volume": (600, 700, 800, 900, 1000),
    }
    return Quote(**(facts | changes))


def records_of(record: type):
    """Any record of a class: whatever its fields may hold."""
    values = {}
    for name, field in field_table(record).items():
        if name in ("bid_price", "ask_price"):
            values[name] = st.lists(YUAN, max_size=5).map(tuple)
        elif name in ("bid_volume", "ask_volume"):
            values[name] = st.lists(WHOLE, max_size=5).map(tuple)
        elif field.codes is not None:
            values[name] = st.sampled_from(sorted({int(member) for member in field.codes}))
        else:
            kinds = {
                "int": WHOLE,
                "float": YUAN,
                "text": TEXTS,
                "time": SECONDS,
                "bool": st.booleans(),
            }
            values[name] = kinds.get(field.dtype, SECONDS.map(lambda second: second * 1000))
    return st.builds(record, **values)


def changed(record, **changes):
    """The next state of a record: a new object."""
    return dataclasses.replace(record, **changes)
