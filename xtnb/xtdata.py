"""Market data under the names of the vendor's xtdata, over the paper market.

All prices are those that the orders of every paper terminal of this process
meet. It works before any trader exists. A link to the terminal is open while
something is subscribed or `run` runs, and otherwise only while a question is
answered, so a program that subscribes to nothing leaves no thread behind.

Volumes: `volume`, `askVol` and `bidVol` are in lots of 100, `pvolume` in shares.
Times that go in are texts of 8 or 14 digits, "" for an open end, or a datetime;
without a zone they are Shanghai's. An argument that cannot be right raises
InputError. Nothing is printed; faults in callbacks are logged to "xtnb.xtdata".

Source: xtdata of the vendor's package 250807.1.2, the part that a trading client
needs. History from before the market started is made up from its seed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from xtnb.endpoints import open_link
from xtnb.errors import InputError
from xtnb.rules.boards import board_rules
from xtnb.rules.instruments import all_instruments, sectors
from xtnb.session.quote_arguments import (
    DAY_MS,
    DIVIDENDS,
    MARKETS,
    SHANGHAI,
    Time,
    check_callable,
    check_one_of,
    expand_markets,
    fields_of_rows,
    milliseconds,
    text,
    texts,
    time_range,
)
from xtnb.session.quotes import QuoteSession, tick_row
from xtnb.vocabulary.money import yuan

__all__ = [
    "connect",
    "disconnect",
    "download_history_data",
    "download_history_data2",
    "download_sector_data",
    "enable_hello",
    "get_client",
    "get_full_tick",
    "get_instrument_detail",
    "get_instrument_detail_list",
    "get_instrument_type",
    "get_local_data",
    "get_market_data",
    "get_market_data_ex",
    "get_markets",
    "get_period_list",
    "get_sector_list",
    "get_stock_list_in_sector",
    "get_stock_type",
    "get_trading_calendar",
    "get_trading_dates",
    "reconnect",
    "run",
    "subscribe_quote",
    "subscribe_quote2",
    "subscribe_whole_quote",
    "supply_history_data",
    "unsubscribe_quote",
]

_log = logging.getLogger("xtnb.xtdata")
_PERIOD_NAMES = {"tick": "分笔", "1m": "1分钟", "5m": "5分钟", "1d": "日线"}
_FILE_NAME_CHARACTERS = str.maketrans("", "", '\\/:*?"<>|')
Listener = Callable[[dict[str, Any]], Any]

enable_hello = True
"""Programs set it to silence the vendor's banner; there is none here."""

_session = QuoteSession(lambda: open_link(None))


# -- connection ------------------------------------------------------------------------


def connect(ip: str = "", port: Any = None, remember_if_success: bool = True) -> QuoteSession:
    """The session that serves this module; every function connects by itself.

    `ip` and `port` are taken and not used: the terminal is the one that "paper", or
    the environment variable XTNB_TERMINAL, leads to.
    """
    return _session


def reconnect(ip: str = "", port: Any = None, remember_if_success: bool = True) -> QuoteSession:
    """`disconnect`, then `connect`."""
    _session.close()
    return _session


def disconnect() -> None:
    """End all subscriptions and let `run` return. What is called next connects again."""
    _session.close()


def get_client() -> QuoteSession:
    """The same as `connect()`."""
    return _session


# -- ticks and subscriptions -------------------------------------------------------------


def get_full_tick(code_list: list[str]) -> dict[str, dict[str, Any]]:
    """The present tick of each code; unknown ones are left out.

    Args:
        code_list: codes such as "600000.SH", or markets such as "SH" for all of theirs.
    """
    return {quote.stock_code: tick_row(quote) for quote in _session.full(expand_markets(code_list))}


def subscribe_quote(
    stock_code: str,
    period: str = "1d",
    start_time: Time = "",
    end_time: Time = "",
    count: int = 0,
    callback: Listener | None = None,
) -> int:
    """Hear of one code: `callback({code: [row, ...]})`, on one thread for all callbacks.

    The first call brings the present row or, with a count, the rows of that range;
    then one comes whenever the quote changes: the new ticks, or the present bar.

    Returns:
        A number above 0 for `unsubscribe_quote`, or -1 for an unknown code.
    """
    first = None
    range_ = time_range(period, start_time, end_time, count)
    check_callable(callback)
    if text(stock_code, "stock_code") not in all_instruments():
        return -1
    if count:
        first = {stock_code: _session.rows(stock_code, period, *range_)}
    return _session.subscribe([stock_code], period, callback, first=first)


def subscribe_quote2(
    stock_code: str,
    period: str = "1d",
    start_time: Time = "",
    end_time: Time = "",
    count: int = 0,
    dividend_type: str | None = None,
    callback: Listener | None = None,
) -> int:
    """`subscribe_quote` with a dividend type, which changes nothing: no dividends are paid here."""
    check_one_of("dividend_type", dividend_type, (*DIVIDENDS, None))
    return subscribe_quote(stock_code, period, start_time, end_time, count, callback)


def subscribe_whole_quote(code_list: list[str], callback: Listener | None = None) -> int:
    """Hear of many codes: `callback({code: tick})` with those that changed.

    The first call brings the present tick of all. `code_list` may hold markets.
    """
    check_callable(callback)
    return _session.subscribe(expand_markets(code_list), "tick", callback, whole=True)


def unsubscribe_quote(seq: int) -> int:
    """End a subscription: 0, or -1 when there is none of that number."""
    return _session.unsubscribe(seq)


def run() -> None:
    """Block until `disconnect()` or Ctrl+C, while callbacks run on their thread.

    Raises:
        NotConnected: the link to the terminal was lost.
    """
    _session.wait()


# -- history ---------------------------------------------------------------------------------


def get_market_data(
    field_list: list[str] = [],  # noqa: B006  the vendor's signature; never changed
    stock_list: list[str] = [],  # noqa: B006
    period: str = "1d",
    start_time: Time = "",
    end_time: Time = "",
    count: int = -1,
    dividend_type: str = "none",
    fill_data: bool = True,
) -> dict[str, Any]:
    """Bars by field, or ticks by code.

    Args:
        field_list: fields wanted; [] for all.
        stock_list: codes.
        period: "tick", "1m", "5m" or "1d".
        start_time, end_time: both included; 8 digits as an end mean that whole day.
        count: the last so many before the end; -1 all, 0 none.
        dividend_type: taken; no dividends are paid here.
        fill_data: whether a code without a bar at some time repeats its last close
            there, with no volume; otherwise there is NaN.

    Returns:
        For bars {field: DataFrame}, a row for each code and a column for each time; for
        ticks {code: structured array}, sorted by time. Ticks are those recorded
        while someone was subscribed to the code.
    """
    from xtnb.frames import quotes as frames

    fields = fields_of_rows(field_list, period)
    rows = _rows(stock_list, period, start_time, end_time, count, dividend_type)
    if period == "tick":
        return dict(frames.arrays(rows, fields))
    return dict(frames.by_field(rows, fields, period, fill_data))


def get_market_data_ex(
    field_list: list[str] = [],  # noqa: B006
    stock_list: list[str] = [],  # noqa: B006
    period: str = "1d",
    start_time: Time = "",
    end_time: Time = "",
    count: int = -1,
    dividend_type: str = "none",
    fill_data: bool = True,
) -> dict[str, Any]:
    """A DataFrame for each code: a row for each time, a column for each field.

    Arguments as in `get_market_data`. Row labels are local times as text. A code that is
    not known has an empty frame with the same columns.
    """
    from xtnb.frames import quotes as frames

    fields = fields_of_rows(field_list, period)
    rows = _rows(stock_list, period, start_time, end_time, count, dividend_type)
    return dict(frames.by_code(rows, fields, period))


def get_local_data(
    field_list: list[str] = [],  # noqa: B006
    stock_list: list[str] = [],  # noqa: B006
    period: str = "1d",
    start_time: Time = "",
    end_time: Time = "",
    count: int = -1,
    dividend_type: str = "none",
    fill_data: bool = True,
    data_dir: str | None = None,
) -> dict[str, Any]:
    """`get_market_data_ex`: the paper market keeps no files, so `data_dir` is not read."""
    return get_market_data_ex(
        field_list, stock_list, period, start_time, end_time, count, dividend_type, fill_data
    )


def download_history_data(
    stock_code: str,
    period: str,
    start_time: Time = "",
    end_time: Time = "",
    incrementally: bool | None = None,
) -> None:
    """Nothing to fetch: history is always there. The arguments are checked."""
    download_history_data2([stock_code], period, start_time, end_time, None, incrementally)


supply_history_data = download_history_data


def download_history_data2(
    stock_list: list[str] | str,
    period: str,
    start_time: Time = "",
    end_time: Time = "",
    callback: Listener | None = None,
    incrementally: bool | None = None,
) -> dict[str, dict[str, datetime]]:
    """Report the history of each code as downloaded.

    `callback` gets {finished, total, stockcode, message} after each code. Its faults
    are logged and change nothing.

    Returns:
        {code: {start_time, end_time}} of what is there, for codes that have any.
    """
    check_callable(callback)
    codes = [stock_list] if isinstance(stock_list, str) else texts(stock_list, "stock_list")
    found: dict[str, dict[str, datetime]] = {}
    rows = _rows(codes, period, start_time, end_time, -1, "none")
    for finished, code in enumerate(codes, 1):
        if rows[code]:
            times = rows[code][0]["time"], rows[code][-1]["time"]
            first, last = (datetime.fromtimestamp(time / 1000, SHANGHAI) for time in times)
            found[code] = {
                "start_time": first.replace(tzinfo=None),
                "end_time": last.replace(tzinfo=None),
            }
        progress = {"finished": finished, "total": len(codes), "stockcode": code, "message": ""}
        try:
            if callback is not None:
                callback(progress)
        except Exception:
            _log.exception("the callback of download_history_data2 failed")
    return found


# -- instruments, sectors, days ------------------------------------------------------------------


def get_instrument_detail(stock_code: str, iscomplete: bool = False) -> dict[str, Any] | None:
    """Facts about an instrument under the vendor's names; None when it is unknown.

    What a stock has none of, and dates of listing, which the demo does not know, are
    0, "0" or "". `iscomplete` adds the largest and smallest orders and a few more.
    """
    code = text(stock_code, "stock_code")
    instrument = all_instruments().get(code)
    facts = _session.instrument(code) if instrument else None
    if instrument is None or facts is None:
        return None
    digits, market = code.split(".")
    detail: dict[str, Any] = {
        "ExchangeID": market,
        "InstrumentID": digits,
        "InstrumentName": facts["name"],
        "ProductID": "",
        "ProductName": "",
        "ProductType": 0,
        "ExchangeCode": digits,
        "UniCode": digits,
        "CreateDate": "0",
        "OpenDate": "0",
        "ExpireDate": "99999999",
        "TradingDay": facts["day"],
        "PreClose": yuan(facts["prev_close"]),
        "SettlementPrice": yuan(facts["prev_close"]),
        "UpStopPrice": yuan(facts["up"]),
        "DownStopPrice": yuan(facts["down"]),
        "FloatVolume": float(facts["float_volume"]),
        "TotalVolume": float(facts["total_volume"]),
        "LongMarginRatio": 0.0,
        "ShortMarginRatio": 0.0,
        "PriceTick": yuan(facts["tick"]),
        "VolumeMultiple": 1,
        "MainContract": 0,
        "LastVolume": 0,
        "InstrumentStatus": 0,
        "IsTrading": True,
        "IsRecent": False,
        "ProductTradeQuota": 0,
        "ContractTradeQuota": 0,
        "ProductOpenInterestQuota": 0,
        "ContractOpenInterestQuota": 0,
    }
    if iscomplete:
        rules = board_rules(instrument, datetime.strptime(facts["day"], "%Y%m%d").date())
        detail.update(
            Abbreviation=instrument.pinyin,
            MaxLimitOrderVolume=rules.limit_maximum,
            MinLimitOrderVolume=rules.buy_minimum,
            MaxMarketOrderVolume=rules.market_maximum,
            MinMarketOrderVolume=rules.buy_minimum,
            IsContinuous=False,
            OptionType=-1,
            BondParValue=0.0,
        )
    return detail


def get_instrument_detail_list(
    stock_list: list[str], iscomplete: bool = False
) -> dict[str, dict[str, Any] | None]:
    """`get_instrument_detail` of each code."""
    codes = texts(stock_list, "stock_list")
    return {code: get_instrument_detail(code, iscomplete) for code in codes}


def get_instrument_type(stock_code: str, variety_list: list[str] | None = None) -> dict[str, bool]:
    """The kinds that are true of a code, {} when it is unknown.

    `variety_list` asks for certain kinds, true or not: index, stock, fund, etf.
    """
    instrument = all_instruments().get(text(stock_code, "stock_code"))
    if instrument is None:
        return {}
    fund = instrument.kind == "etf"
    kinds = {"index": False, "stock": not fund, "fund": fund, "etf": fund}
    if variety_list:
        return {kind: kinds[kind] for kind in variety_list if kind in kinds}
    return {kind: true for kind, true in kinds.items() if true}


get_stock_type = get_instrument_type


def get_stock_list_in_sector(sector_name: str, real_timetag: int | str = -1) -> list[str]:
    """The codes of a sector such as "沪深A股"; [] when there is no such sector.

    Characters that a file name cannot hold are taken off the name. Members never
    change here, so `real_timetag` (ms, or text of 8 digits) is checked and not used.
    """
    if isinstance(real_timetag, str):
        milliseconds(real_timetag, "real_timetag", end=False)
    elif isinstance(real_timetag, bool) or not isinstance(real_timetag, int):
        raise InputError("real_timetag", real_timetag, "milliseconds or text of 8 digits")
    name = text(sector_name, "sector_name").translate(_FILE_NAME_CHARACTERS)
    return list(sectors().get(name, []))


def get_sector_list() -> list[str]:
    """The names of all sectors."""
    return list(sectors())


def download_sector_data() -> None:
    """Nothing to fetch: the sectors are always there."""


def get_markets() -> dict[str, str]:
    """The vendor's market codes and their names; this version trades SH, SZ and BJ."""
    return dict(MARKETS)


def get_trading_dates(
    market: str, start_time: Time = "", end_time: Time = "", count: int = -1
) -> list[int]:
    """Trading days as milliseconds of their midnight in Shanghai, oldest first.

    Weekdays until the market started, and every calendar day since: the paper market
    trades around the clock. [] for a market that is not traded here.
    """
    check_one_of("market", market, tuple(MARKETS))
    range_ = time_range("1d", start_time, end_time, count)
    codes = (code for code in all_instruments() if code.endswith(f".{market}"))
    code = next(codes, None)
    return [] if code is None else [int(row[0]) for row in _session.bars(code, "1d", *range_)]


def get_trading_calendar(market: str, start_time: str = "", end_time: str = "") -> list[str]:
    """Trading days as YYYYMMDD text, days to come too; both ends are included.

    Without an end it goes to the end of the year. From the start of the paper market
    on, every calendar day is a trading day.
    """
    check_one_of("market", market, ("SH", "SZ"))
    days = get_trading_dates(market)
    today = days[-1]
    year = datetime.fromtimestamp(today / 1000, SHANGHAI).year
    start = milliseconds(start_time, "start_time", end=False)
    end = milliseconds(end_time or f"{year}1231", "end_time", end=True)
    days += range(today + DAY_MS, end + 1, DAY_MS)
    return [
        datetime.fromtimestamp(day / 1000, SHANGHAI).strftime("%Y%m%d")
        for day in days
        if start <= day <= end
    ]


def get_period_list() -> list[dict[str, str]]:
    """The periods that are there, each with its name and a description."""
    return [{"name": name, "desc": desc} for name, desc in _PERIOD_NAMES.items()]


def _rows(
    stock_list: Iterable[str],
    period: str,
    start_time: Time,
    end_time: Time,
    count: int,
    dividend_type: str,
) -> dict[str, list[dict[str, Any]]]:
    range_ = time_range(period, start_time, end_time, count)
    check_one_of("dividend_type", dividend_type, DIVIDENDS)
    codes = texts(stock_list, "stock_list")
    known = all_instruments()
    return {code: _session.rows(code, period, *range_) if code in known else [] for code in codes}
