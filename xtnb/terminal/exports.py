"""Data of an account as text, and fills from elsewhere. 通用数据导出, 外部交易数据录入

An export is the text of a .csv file whose columns are the fields of the record;
the session writes the file. Fills from elsewhere are kept beside the account's
own: they are listed with them and exported with them, and move neither money nor
positions. A number that the account's own fills of today have is not taken again. What
the vendor's terminal does with them is documented nowhere; this is ours, as are the
names of the kinds of data, but "deal".

Source: the vendor's package of 2024, for both requests and the keys of a fill.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.terminal.accounts.orders import Books, Floor
from xtnb.terminal.clock import SECOND, SHANGHAI, local
from xtnb.terminal.queries import Accounts, no_account
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import XtAsset, XtOrder, XtPosition, XtTrade
from xtnb.vocabulary.symbols import parse_symbol

# Kind of data -> the query that has it, its record, and the field that says when.
_KINDS: dict[str, tuple[str, type, str]] = {
    "deal": ("query_stock_trades", XtTrade, "traded_time"),
    "order": ("query_stock_orders", XtOrder, "order_time"),
    "position": ("query_stock_positions", XtPosition, ""),
    "account": ("query_stock_asset", XtAsset, ""),
}
_MOMENT = re.compile(r"[0-9]{8}(?:[0-9]{6})?")
_NEEDED = ("m_strExchangeID", "m_strInstrumentID", "m_strTradeID", "m_dPrice", "m_nVolume")
_Fills = dict[str, XtTrade]


class ExportDesk:
    """Answers both requests for all accounts of a terminal, and lists fills of both kinds."""

    def __init__(self, accounts: Accounts, floor: Floor) -> None:
        self._accounts = accounts
        self._floor = floor
        self._fills: dict[tuple[int, str], _Fills] = {}

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The methods by the names of the API."""
        return {
            "export_data": self._export,
            "sync_transaction_from_external": self._take,
            "query_stock_trades": self._trades,
        }

    def _books(self, request: Request) -> Books:
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            raise no_account(request)
        return books

    # -- out --------------------------------------------------------------------------------

    def _export(self, request: Request) -> Reply:
        books, asked = self._books(request), request.arguments
        kind = _KINDS.get(asked["data_type"].lower())
        if kind is None:
            known = ", ".join(_KINDS)
            raise InputError("data_type", asked["data_type"], f"one of {known}")
        method, record, moment = kind
        rows = books.calls()[method]({"cancelable_only": False})
        if method == "query_stock_trades":
            rows = [*rows, *self._of(books).values()]
        if moment:
            first = _moment("start_time", asked["start_time"], "000000")
            last = _moment("end_time", asked["end_time"], "235959")
            rows = [row for row in rows if first <= getattr(row, moment) <= last]
        return Reply(request.seq, {"msg": "export success", "csv": _text(record, rows)})

    def _trades(self, request: Request) -> Reply:
        books = self._books(request)
        own = books.calls()["query_stock_trades"](request.arguments)
        if not (others := self._fills.get((books.account_type, books.account_id))):
            return Reply(request.seq, own)
        today = [fill for fill in others.values() if _day(fill.traded_time) == self._floor.day]
        return Reply(request.seq, [*own, *today])

    # -- in ---------------------------------------------------------------------------------

    def _of(self, books: Books) -> _Fills:
        return self._fills.setdefault((books.account_type, books.account_id), {})

    def _take(self, request: Request) -> Reply:
        books, asked = self._books(request), request.arguments
        operation, deals = asked["operation"], asked["deal_list"]
        held = {} if operation == "REPLACE" else dict(self._of(books))
        own = {fill.traded_id for fill in books.calls()["query_stock_trades"]({})}
        for place, deal in enumerate(deals):
            number = str(deal.get("m_strTradeID", ""))
            known = number in held
            if operation in ("UPDATE", "DELETE") and not known:
                raise InputError(f"deal_list[{place}]", number, "the number of a fill that is kept")
            if operation == "ADD" and known:
                raise InputError(f"deal_list[{place}]", number, "a number that no kept fill has")
            if operation in ("ADD", "REPLACE") and number in own:
                raise InputError(f"deal_list[{place}]", number, "a number that no own fill has")
            if operation == "DELETE":
                del held[number]
            else:
                held[number] = self._fill(books, f"deal_list[{place}]", deal)
        self._fills[books.account_type, books.account_id] = held
        return Reply(request.seq, {"msg": "sync transaction from external success"})

    def _fill(self, books: Books, place: str, deal: Mapping[str, Any]) -> XtTrade:
        if lacking := [key for key in _NEEDED if key not in deal]:
            raise InputError(place, lacking, f"a dict with {', '.join(_NEEDED)}")
        code = f"{deal['m_strInstrumentID']}.{deal['m_strExchangeID']}"
        price = _number(place, deal["m_dPrice"])
        volume = deal["m_nVolume"]
        if isinstance(volume, bool) or not isinstance(volume, int) or volume <= 0:
            raise InputError(place, volume, "m_nVolume, a whole number above 0")
        offset = deal.get("m_nOffsetFlag", c.OFFSET_FLAG_OPEN)
        day = str(deal.get("m_strTradeDate") or self._floor.day)
        time = str(deal.get("m_strTradeTime") or "000000").replace(":", "")
        return XtTrade(
            account_id=books.account_id,
            stock_code=str(parse_symbol(code, place)),
            order_type=c.STOCK_BUY if offset == c.OFFSET_FLAG_OPEN else c.STOCK_SELL,
            traded_id=str(deal["m_strTradeID"]),
            traded_time=_moment(place, day + time, ""),
            traded_price=price,
            traded_volume=volume,
            traded_amount=_number(place, deal.get("m_dTradeAmount", price * volume)),
            order_id=0,
            order_sysid=str(deal.get("m_strOrderSysID", "")),
            strategy_name="",
            order_remark=str(deal.get("m_strRemark", "")),
            direction=int(deal.get("m_nDirection", 0)),
            offset_flag=int(offset),
            account_type=books.account_type,
        )


def _number(place: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(place, value, "a number")
    return float(value)


def _moment(argument: str, text: str, rest: str) -> int:
    """Epoch seconds of YYYYMMDD or YYYYMMDDHHMMSS; "" is as early, or as late, as can be."""
    if not text:
        return 0 if rest == "000000" else 2**62
    form = "YYYYMMDD or YYYYMMDDHHMMSS"
    if not _MOMENT.fullmatch(text):
        raise InputError(argument, text, form)
    try:
        moment = datetime.strptime(text if len(text) > 8 else text + rest, "%Y%m%d%H%M%S")
    except ValueError:
        raise InputError(argument, text, form) from None
    return int(moment.replace(tzinfo=SHANGHAI).timestamp())


def _day(seconds: int) -> str:
    return local(seconds * SECOND).strftime("%Y%m%d")


def _text(record: type, rows: Iterable[Any]) -> str:
    names = [field.name for field in dataclasses.fields(record)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    return out.getvalue()
