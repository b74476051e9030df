"""Every request of the API over the link to MiniQMT, and over a link straight to the terminal.

The same arguments must reach the terminal, and the same answer the caller.
"""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.session.scripted import Diary, ScriptedLink
from tests.session.whole_api import CASES, REASON, WITH_CALLBACK
from tests.vendor.links import vendor_link
from xtnb import xtconstant as c
from xtnb.link.vendor_calls import ALGORITHM, CALLS
from xtnb.link.vendor_memory import REMARK_LENGTH, TAG_LENGTH, untagged
from xtnb.vocabulary.messages import Reply
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

# What the vendor's layer answers with an empty list, whether it failed or there is nothing.
EMPTY = ("query_", "smt_query_")
ROOM = REMARK_LENGTH - TAG_LENGTH - 1


class Side:
    """A session, the terminal behind it, and what it heard."""

    def __init__(self, through: bool) -> None:
        self.terminal, self.diary = ScriptedLink(query_account_infos=[]), Diary()
        link = vendor_link(self.terminal) if through else self.terminal
        self.trader = XtQuantTrader.over(link, 1, self.diary)
        self.trader.start()
        assert self.trader.connect() == 0

    def sent(self, method):
        """What reached the terminal; of a tagged remark what fits of the user's own."""
        (request,) = [one for one in self.terminal.sent if one.method == method]
        asked = dict(request.arguments)
        if method == ALGORITHM:
            asked["order_remark"] = untagged(asked["order_remark"])[1][:ROOM]
        return request.account_type, request.account_id, asked


@pytest.fixture
def sides():
    made = [Side(through=False), Side(through=True)]
    yield made
    for side in made:
        side.trader.stop()


def asked(case):
    kinds = CALLS[case.method].kinds
    kind = c.ACCOUNT_TYPE_DICT[min(kinds)] if kinds else "STOCK"
    account = {"account": StockAccount("1", kind)} if case.account else {}
    return {**account, **copy.deepcopy(case.arguments)}


def plain(found):
    if isinstance(found, list):
        return [plain(row) for row in found]
    return vars(found) if hasattr(found, "__dict__") else found


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=[case.method for case in cases])


WAITING = [case for case in CASES if case.waits and case.method in CALLS]
EXPORT = "export_data"  # written where the terminal is, not where the caller is


@each([case for case in WAITING if case.method != EXPORT])
def test_the_same_request_is_answered_alike(sides, case):
    found = []
    for side in sides:
        side.terminal.answers[case.method] = case.replied
        found.append(plain(getattr(side.trader, case.method)(**asked(case))))

    direct, through = found
    assert through == direct
    direct, through = (side.sent(case.method) for side in sides)
    assert through == direct


@each([case for case in WAITING if not case.method.startswith(EMPTY)])
def test_the_same_refusal_is_answered_alike(sides, case):
    for side in sides:
        side.terminal.answers[case.method] = lambda r: [Reply(r.seq, None, REASON)]
    direct, through = (plain(getattr(side.trader, case.method)(**asked(case))) for side in sides)

    assert through == direct


@each([case for case in WITH_CALLBACK if case.method in CALLS])
@pytest.mark.parametrize("refused", [False, True], ids=["done", "refused"])
def test_the_same_request_is_answered_alike_in_the_callback(sides, case, refused):
    for side in sides:
        side.terminal.answers[case.method] = (
            (lambda r: [Reply(r.seq, None, REASON)]) if refused else case.replied
        )
        getattr(side.trader, f"{case.method}_async")(**asked(case))
    direct, through = (plain(side.diary.wait(case.response)) for side in sides)

    assert through == direct
    assert sides[1].sent(case.method) == sides[0].sent(case.method)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_export_is_written_where_the_terminal_is_and_read_there(sides, tmp_path, encoding):
    side, wanted = sides[1], tmp_path / "成交.csv"
    written = []

    def write(request):
        written.append(Path(request.arguments["result_path"]))
        written[0].write_text("证券名称\r\n浦发银行\r\n", encoding=encoding, newline="")
        return [Reply(request.seq, {"msg": "export success"})]

    side.terminal.answers[EXPORT] = write
    done = side.trader.export_data(StockAccount("1"), wanted, "deal")

    assert done == {"msg": "export success"}
    assert wanted.read_bytes().decode("utf-8") == "证券名称\r\n浦发银行\r\n"
    assert written[0] != wanted
    assert not written[0].parent.exists()


def test_an_export_that_wrote_nothing_failed(sides, tmp_path):
    side = sides[1]
    side.terminal.answers[EXPORT] = {"msg": "export success"}

    done = side.trader.export_data(StockAccount("1"), tmp_path / "x.csv", "deal")

    assert "no file" in done["error"]["errorMsg"]


def test_every_request_of_the_api_is_carried():
    covered = {case.method for case in [*WAITING, *WITH_CALLBACK]}
    elsewhere = {name for name in CALLS if "_stock" in name or name.startswith("query_account")}

    assert set(CALLS) - covered - elsewhere == {"subscribe", "unsubscribe"}
    assert {case.method for case in CASES} - set(CALLS) == set()
