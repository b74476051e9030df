"""xtdata over the process's paper market, on a clock that is moved by hand."""

import inspect
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from queue import Queue

import numpy as np
import pytest

from xtnb import endpoints, xtdata
from xtnb.errors import InputError
from xtnb.rules.instruments import all_instruments
from xtnb.session.quotes import BAR_FIELDS, TICK_FIELDS

PUFA, BANK, FUND, STAR = "600000.SH", "000001.SZ", "510300.SH", "688981.SH"
UNKNOWN = "999999.SH"
PATIENCE = 10
SHANGHAI = timezone(timedelta(hours=8))
TODAY = int(datetime(2026, 11, 20, tzinfo=SHANGHAI).timestamp() * 1000)
DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def host(monkeypatch):
    """A market that starts at 2026-11-20 09:30, for the time of one test."""
    for name in ("XTNB_TERMINAL", "XTNB_SEED", "XTNB_CLOCK", "XTNB_ACCOUNTS"):
        monkeypatch.delenv(name, raising=False)
    host = endpoints.paper_host(seed=7, clock="2026-11-20 09:30:00")
    assert not host.links
    yield host
    xtdata.disconnect()
    assert not host.links


@pytest.fixture
def ticks(host):
    """Half a minute of recorded ticks of two codes."""
    xtdata.subscribe_whole_quote([PUFA, BANK])
    host.advance(30)


# -- ticks -----------------------------------------------------------------


def test_a_full_tick_has_the_vendors_keys_in_the_vendors_order_and_types():
    tick = xtdata.get_full_tick([PUFA])[PUFA]

    expected = (
        "time lastPrice open high low lastClose amount volume pvolume stockStatus openInt "
        "transactionNum lastSettlementPrice settlementPrice pe askPrice bidPrice askVol bidVol "
        "volRatio speed1Min speed5Min"
    )
    assert list(tick) == expected.split()
    whole = {"time", "volume", "pvolume", "stockStatus", "openInt", "transactionNum"}
    for key, value in tick.items():
        if isinstance(value, list):
            assert len(value) == 5
            assert {type(each) for each in value} == {int if key.endswith("Vol") else float}
        else:
            assert type(value) is (int if key in whole else float), key
    assert tick["time"] == TODAY + int(9.5 * 3_600_000)
    assert tick["openInt"] == 13
    assert tick["askPrice"] == sorted(tick["askPrice"])
    assert tick["bidPrice"] == sorted(tick["bidPrice"], reverse=True)
    assert tick["amount"] / tick["pvolume"] == pytest.approx(tick["lastPrice"], rel=0.05)


def test_unknown_codes_are_left_out_and_a_market_stands_for_all_its_codes():
    assert set(xtdata.get_full_tick([PUFA, UNKNOWN, "rubbish"])) == {PUFA}
    assert set(xtdata.get_full_tick(["BJ"])) == {
        code for code in all_instruments() if code.endswith(".BJ")
    }
    assert xtdata.get_full_tick(["HK"]) == {}
    assert xtdata.get_full_tick([]) == {}


@pytest.mark.parametrize("codes", [PUFA, None, 5, [5], [None]])
def test_what_is_no_list_of_codes_is_an_input_error(codes):
    for ask in (xtdata.get_full_tick, xtdata.subscribe_whole_quote):
        with pytest.raises(InputError, match="code_list"):
            ask(codes)


def test_asking_leaves_no_thread_and_no_link_behind(host):
    before = threading.active_count()

    xtdata.get_full_tick([PUFA])
    xtdata.get_market_data_ex([], [PUFA], "1d", count=1)

    assert threading.active_count() == before
    assert host.links == 0


# -- subscriptions ---------------------------------------------------------


def test_a_tick_subscription_brings_lists_of_ticks(host):
    heard = Queue()

    number = xtdata.subscribe_quote(PUFA, period="tick", callback=heard.put)
    first = heard.get(timeout=PATIENCE)
    host.advance(5)
    then = heard.get(timeout=PATIENCE)

    assert number > 0
    assert [len(rows) for rows in first.values()] == [1]
    assert tuple(then[PUFA][0]) == TICK_FIELDS
    assert xtdata.unsubscribe_quote(number) == 0


def test_a_whole_subscription_brings_a_tick_for_each_code_and_all_at_first(host):
    heard = Queue()

    xtdata.subscribe_whole_quote(["SH", BANK], callback=heard.put)
    first = heard.get(timeout=PATIENCE)
    host.advance(5)
    then = heard.get(timeout=PATIENCE)

    assert len(first) == 1 + sum(code.endswith(".SH") for code in all_instruments())
    assert all(isinstance(tick, dict) for tick in then.values())


@pytest.mark.parametrize("period", ["1m", "5m", "1d"])
def test_a_bar_subscription_with_a_count_brings_history_first(host, period):
    heard = Queue()

    xtdata.subscribe_quote(PUFA, period, count=3, callback=heard.put)
    first = heard.get(timeout=PATIENCE)
    host.advance(5)
    then = heard.get(timeout=PATIENCE)

    assert [len(rows) for rows in (first[PUFA], then[PUFA])] == [3, 1]
    assert tuple(then[PUFA][0]) == BAR_FIELDS
    assert then[PUFA][0]["time"] >= first[PUFA][-1]["time"]


def test_an_unknown_code_gets_no_subscription():
    assert xtdata.subscribe_quote(UNKNOWN, "tick", callback=print) == -1
    assert xtdata.unsubscribe_quote(12_345) == -1


def test_the_second_form_takes_a_dividend_type():
    number = xtdata.subscribe_quote2(PUFA, "tick", "", "", 0, "front", None)

    assert number > 0
    with pytest.raises(InputError, match="dividend_type"):
        xtdata.subscribe_quote2(PUFA, "tick", dividend_type="backwards")


def test_run_returns_when_disconnect_is_called():
    xtdata.subscribe_quote(PUFA, "tick", callback=lambda data: xtdata.disconnect())

    xtdata.run()


def test_nothing_is_printed_and_faults_of_callbacks_are_logged(host, capfd, caplog):
    heard = Queue()

    def fail(data):
        raise LookupError("not in my table")

    xtdata.subscribe_quote(PUFA, "tick", callback=fail)
    xtdata.subscribe_quote(PUFA, "tick", callback=heard.put)
    heard.get(timeout=PATIENCE)

    assert "not in my table" in caplog.text
    assert capfd.readouterr() == ("", "")


def test_a_callback_that_cannot_be_called_is_an_input_error():
    for subscribe in (xtdata.subscribe_quote, xtdata.subscribe_quote2):
        with pytest.raises(InputError, match="callback"):
            subscribe(PUFA, "tick", callback="print")


# -- what is recorded ------------------------------------------------------------


def test_recorded_ticks_come_as_a_frame_with_lists_of_levels(ticks):
    frame = xtdata.get_market_data_ex([], [PUFA], "tick")[PUFA]

    assert tuple(frame.columns) == TICK_FIELDS
    assert len(frame) > 10
    assert all(len(levels) == 5 for levels in frame["bidPrice"])
    assert frame["time"].is_monotonic_increasing
    assert frame.index[0].startswith("202611200930")


def test_recorded_ticks_come_as_arrays_by_time(ticks):
    data = xtdata.get_market_data([], [PUFA, STAR], "tick")

    assert data[PUFA].dtype.names == TICK_FIELDS
    assert data[PUFA]["askPrice"].shape == (len(data[PUFA]), 5)
    assert (np.diff(data[PUFA]["time"]) > 0).all()
    assert len(data[STAR]) == 0


def test_levels_may_be_asked_for_by_number(ticks):
    frame = xtdata.get_market_data_ex(["askPrice1", "bidVol5"], [PUFA], "tick")[PUFA]
    lists = xtdata.get_market_data_ex(["askPrice", "bidVol"], [PUFA], "tick")[PUFA]

    assert frame["askPrice1"].tolist() == [levels[0] for levels in lists["askPrice"]]
    assert frame["bidVol5"].tolist() == [levels[4] for levels in lists["bidVol"]]
    assert frame["bidVol5"].dtype == np.dtype("int64")


def test_a_time_that_one_code_lacks_is_filled_or_left_open(host):
    xtdata.subscribe_quote(PUFA, "tick")
    host.call(lambda: host.market.note_trade(PUFA, 105_000, 100))
    host.advance(0.001)

    filled = xtdata.get_market_data([], [PUFA, BANK], "1m", "20261120092900")
    left = xtdata.get_market_data([], [PUFA, BANK], "1m", "20261120092900", fill_data=False)

    assert list(filled["close"].columns) == ["20261120092900", "20261120093000", "20261120093100"]
    assert filled["open"].loc[BANK].iloc[-1] == filled["close"].loc[BANK].iloc[-2]
    assert filled["volume"].loc[BANK].iloc[-1] == 0
    assert np.isnan(left["close"].loc[BANK].iloc[-1])
    assert left["close"].loc[PUFA].iloc[-1] == 10.5


def test_the_day_that_turns_is_the_last_trading_day(host):
    xtdata.subscribe_quote(PUFA, "tick")
    host.advance(15 * 3_600)

    assert xtdata.get_trading_dates("SH", count=2) == [TODAY, TODAY + DAY_MS]
    assert xtdata.get_instrument_detail(PUFA)["TradingDay"] == "20261121"


# -- the module ------------------------------------------------------------


def test_signatures_are_the_vendors():
    bars = "field_list stock_list period start_time end_time count dividend_type fill_data"
    expected = {
        "connect": "ip port remember_if_success",
        "get_full_tick": "code_list",
        "subscribe_quote": "stock_code period start_time end_time count callback",
        "subscribe_whole_quote": "code_list callback",
        "unsubscribe_quote": "seq",
        "get_market_data": bars,
        "get_market_data_ex": bars,
        "get_local_data": f"{bars} data_dir",
        "download_history_data": "stock_code period start_time end_time incrementally",
        "download_history_data2": "stock_list period start_time end_time callback incrementally",
        "get_instrument_detail": "stock_code iscomplete",
        "get_stock_list_in_sector": "sector_name real_timetag",
        "get_trading_dates": "market start_time end_time count",
        "get_trading_calendar": "market start_time end_time",
    }
    for name, parameters in expected.items():
        assert list(inspect.signature(getattr(xtdata, name)).parameters) == parameters.split()


def test_a_star_import_brings_functions_only():
    for name in xtdata.__all__:
        assert name == "enable_hello" or callable(getattr(xtdata, name))


def test_importing_and_asking_loads_no_pandas_until_a_frame_is_wanted():
    program = (
        "import sys; from xtnb import xtdata; xtdata.get_full_tick(['600000.SH']);"
        "assert not {'pandas', 'numpy', 'ipywidgets'} & set(sys.modules), sys.modules;"
        "xtdata.get_market_data_ex([], ['600000.SH'], '1d', count=1);"
        "assert 'pandas' in sys.modules"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_connect_and_reconnect_give_a_session_that_is_connected():
    assert xtdata.connect().is_connected()
    assert xtdata.reconnect("127.0.0.1", 58610).is_connected()
    assert xtdata.get_client() is xtdata.connect()
