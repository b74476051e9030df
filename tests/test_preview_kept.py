"""What a form says at every keystroke: the same as a question to the terminal."""

from __future__ import annotations

import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode

BEIJING = "5000000365"


@pytest.fixture(scope="module")
def desk():
    with xtnb.paper(seed=11, clock="hand") as desk:
        yield desk


def offered(desk, suffix):
    row = desk.ipo().set_index("stock_code").filter(like=suffix, axis=0).iloc[0]
    return row.name, int(row.minPurchaseNum), float(row.issuePrice)


@pytest.mark.parametrize("suffix", [".SH", ".SZ", ".BJ"])
def test_of_a_subscription(desk, suffix):
    desk.use("1000000365")
    code, least, price = offered(desk, suffix)

    for volume, at in ((least, price), (least + 1, price), (least, price + 0.01)):
        kept = desk._live.preview(code, "buy", volume, at)

        assert kept == desk.preview(code, "buy", volume, at)
        assert kept.code != RefusalCode.UNKNOWN_CODE


def test_of_a_subscription_in_an_account_for_beijing(desk):
    desk.use(BEIJING, "NEW3BOARD")
    here, there = offered(desk, ".BJ"), offered(desk, ".SH")

    assert desk._live.preview(here[0], "buy", *here[1:]).accepted
    assert desk._live.preview(there[0], "buy", *there[1:]).code == RefusalCode.UNKNOWN_CODE


def test_of_a_creation_that_needs_prices_which_nobody_watches(desk):
    desk.use("1000000365")

    with pytest.raises(InputError, match=r"desk\.preview"):
        desk._live.preview("510300.SH", c.ETF_PURCHASE, 10_000)

    assert desk.preview("510300.SH", c.ETF_REDEMPTION, 10_000, 0.0).accepted
