"""xtdata's bars, instruments, sectors and days, and what it refuses; the market stands still."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from xtnb import endpoints, xtdata
from xtnb.errors import InputError
from xtnb.rules.instruments import all_instruments
from xtnb.session.quotes import BAR_FIELDS

PUFA, BANK, FUND, STAR = "600000.SH", "000001.SZ", "510300.SH", "688981.SH"
UNKNOWN = "999999.SH"
SHANGHAI = timezone(timedelta(hours=8))
TODAY = int(datetime(2026, 11, 20, tzinfo=SHANGHAI).timestamp() * 1000)
DAY_MS = 86_400_000


@pytest.fixture(autouse=True, scope="module")
def host():
    """A market that starts at 2026-11-20 09:30 and never moves on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XTNB_TERMINAL", "XTNB_SEED", "XTNB_CLOCK", "XTNB_ACCOUNTS"):
            patch.delenv(name, raising=False)
        host = endpoints.paper_host(seed=7, clock="2026-11-20 09:30:00")
        yield host
        xtdata.disconnect()
        assert not host.links


# -- bars ------------------------------------------------------------------


def test_market_data_is_a_frame_for_each_field_with_codes_as_rows_and_times_as_columns():
    data = xtdata.get_market_data(["close", "volume"], [PUFA, FUND], "1d", count=3)

    assert list(data) == ["close", "volume"]
    for frame in data.values():
        assert list(frame.index) == [PUFA, FUND]
        assert list(frame.columns) == ["20261118", "20261119", "20261120"]
    assert data["volume"].dtypes.unique().tolist() == [np.dtype("int64")]
    assert data["close"].loc[PUFA, "20261119"] == all_instruments()[PUFA].reference / 10_000


def test_market_data_ex_is_a_frame_for_each_code_with_times_as_rows():
    frame = xtdata.get_market_data_ex([], [PUFA], "1m", count=2)[PUFA]

    assert tuple(frame.columns) == BAR_FIELDS
    assert list(frame.index) == ["20261120092900", "20261120093000"]
    assert frame["time"].tolist() == [TODAY + int(h * 3_600_000) for h in (9 + 29 / 60, 9.5)]
    assert frame["time"].dtype == frame["volume"].dtype == np.dtype("int64")
    assert frame["close"].dtype == np.dtype("float64")
    assert frame["suspendFlag"].tolist() == [0, 0]


def test_both_forms_hold_the_same_numbers():
    by_field = xtdata.get_market_data([], [PUFA, BANK], "5m", count=20)
    by_code = xtdata.get_market_data_ex([], [PUFA, BANK], "5m", count=20)

    for code, frame in by_code.items():
        for field in BAR_FIELDS:
            assert by_field[field].loc[code].tolist() == frame[field].tolist()


def test_volume_counts_lots_of_the_same_trades_as_the_tick():
    tick = xtdata.get_full_tick([PUFA])[PUFA]
    day = xtdata.get_market_data_ex([], [PUFA], "1d", count=1)[PUFA].iloc[0]

    assert day["volume"] == tick["volume"] == tick["pvolume"] // 100
    assert day["amount"] == pytest.approx(tick["amount"])
    assert (day["high"], day["low"]) == (tick["high"], tick["low"])
    assert day["preClose"] == tick["lastClose"]


def test_both_ends_of_a_range_are_included_and_a_day_as_an_end_is_the_whole_day():
    days = xtdata.get_market_data_ex([], [PUFA], "1d", "20261116", "20261119")[PUFA]
    minutes = xtdata.get_market_data_ex([], [PUFA], "1m", "20261119", "20261119")[PUFA]
    exact = xtdata.get_market_data_ex([], [PUFA], "1m", "20261119093100", "20261119093500")[PUFA]
    moments = datetime(2026, 11, 19, 9, 31), datetime(2026, 11, 19, 1, 35, tzinfo=UTC)
    by_datetime = xtdata.get_market_data_ex([], [PUFA], "1m", *moments)[PUFA]

    assert list(days.index) == ["20261116", "20261117", "20261118", "20261119"]
    assert (len(minutes), minutes.index[0], minutes.index[-1]) == (
        240,
        "20261119093100",
        "20261119150000",
    )
    assert len(exact) == 5
    assert exact.equals(by_datetime)


def test_count_keeps_the_last_before_the_end_and_none_at_zero():
    frame = xtdata.get_market_data_ex(["close"], [PUFA], "1d", "", "20261118", 2)[PUFA]
    empty = xtdata.get_market_data_ex(["close"], [PUFA], "1d", count=0)[PUFA]

    assert list(frame.index) == ["20261117", "20261118"]
    assert empty.empty
    assert list(empty.columns) == ["close"]


def test_a_year_of_days_is_there_at_once():
    assert len(xtdata.get_market_data_ex([], [STAR], "1d")[STAR]) > 250


def test_an_unknown_code_has_an_empty_frame_of_the_same_columns():
    frames = xtdata.get_market_data_ex([], [PUFA, UNKNOWN], "1d", count=2)
    by_field = xtdata.get_market_data(["close"], [PUFA, UNKNOWN], "1d", count=2)["close"]

    assert frames[UNKNOWN].empty
    assert frames[UNKNOWN].dtypes.equals(frames[PUFA].dtypes)
    assert by_field.loc[UNKNOWN].isna().all()
    assert by_field.loc[PUFA].notna().all()


def test_local_data_and_downloads_work_as_the_datafeed_of_vnpy_uses_them():
    assert xtdata.download_history_data(PUFA, "1m", "20261118000000", "20261121000000") is None

    data = xtdata.get_local_data(
        [], [PUFA], "1m", "20261118000000", "20261121000000", -1, "front_ratio", False
    )

    assert isinstance(data[PUFA], pd.DataFrame)
    row = next(data[PUFA].itertuples())
    assert row.time / 1000 == datetime(2026, 11, 18, 9, 31, tzinfo=SHANGHAI).timestamp()
    assert row.openInterest == 0


def test_a_download_of_many_reports_its_progress_even_when_the_callback_fails(caplog):
    seen = []

    def progress(data):
        seen.append(data)
        raise ValueError("my progress bar broke")

    found = xtdata.download_history_data2([PUFA, UNKNOWN], "1d", callback=progress)

    assert [(row["finished"], row["total"], row["stockcode"]) for row in seen] == [
        (1, 2, PUFA),
        (2, 2, UNKNOWN),
    ]
    assert set(found) == {PUFA}
    assert found[PUFA]["end_time"] == datetime(2026, 11, 20)
    assert "my progress bar broke" in caplog.text


# -- bad input -------------------------------------------------------------

BAD = [
    ({"period": "2m"}, "period"),
    ({"period": None}, "period"),
    ({"period": "1w"}, "period"),
    ({"field_list": ["close", "Close"]}, "field_list"),
    ({"field_list": ["askPrice1"]}, "field_list"),
    ({"field_list": "close"}, "field_list"),
    ({"stock_list": PUFA}, "stock_list"),
    ({"stock_list": [600000]}, "stock_list"),
    ({"start_time": "2026-11-20"}, "start_time"),
    ({"start_time": "20261341"}, "start_time"),
    ({"start_time": "2026112"}, "start_time"),
    ({"start_time": 20261120}, "start_time"),
    ({"end_time": "20261120250000"}, "end_time"),
    ({"end_time": "２０２６１１２０"}, "end_time"),
    ({"end_time": None}, "end_time"),
    ({"count": -2}, "count"),
    ({"count": 1.5}, "count"),
    ({"count": True}, "count"),
    ({"dividend_type": "fore"}, "dividend_type"),
]


@pytest.mark.parametrize(("wrong", "name"), BAD)
def test_a_malformed_argument_is_an_input_error_that_names_it(wrong, name):
    for ask in (xtdata.get_market_data, xtdata.get_market_data_ex, xtdata.get_local_data):
        with pytest.raises(InputError, match=name):
            ask(**{"stock_list": [PUFA], **wrong})


def test_text_that_is_no_text_is_an_input_error():
    for ask in (
        xtdata.get_instrument_detail,
        xtdata.get_instrument_type,
        xtdata.get_stock_list_in_sector,
        xtdata.get_trading_dates,
        xtdata.get_trading_calendar,
        xtdata.subscribe_quote,
    ):
        with pytest.raises(InputError):
            ask(7)


# -- instruments, sectors and days -----------------------------------------


def test_an_instrument_has_the_31_keys_of_the_vendors_default_form():
    detail = xtdata.get_instrument_detail(PUFA)

    assert len(detail) == 31
    assert (detail["ExchangeID"], detail["InstrumentID"]) == ("SH", "600000")
    assert detail["InstrumentName"] == "浦发银行"
    close = all_instruments()[PUFA].reference / 10_000
    assert detail["PreClose"] == close
    assert detail["UpStopPrice"] == pytest.approx(close * 1.1, abs=0.006)
    assert detail["DownStopPrice"] == pytest.approx(close * 0.9, abs=0.006)
    assert (detail["PriceTick"], detail["VolumeMultiple"]) == (0.01, 1)
    assert detail["TradingDay"] == "20261120"
    assert detail["IsTrading"] is True
    for key in ("CreateDate", "OpenDate", "ExpireDate", "ProductID", "UniCode"):
        assert isinstance(detail[key], str)
    for key in ("FloatVolume", "TotalVolume", "SettlementPrice", "LongMarginRatio"):
        assert isinstance(detail[key], float)


def test_the_complete_form_adds_the_largest_and_smallest_orders():
    detail = xtdata.get_instrument_detail(STAR, True)

    assert (detail["MinLimitOrderVolume"], detail["MaxLimitOrderVolume"]) == (200, 100_000)
    assert detail["MaxMarketOrderVolume"] == 50_000
    assert xtdata.get_instrument_detail(FUND)["PriceTick"] == 0.001


def test_an_unknown_instrument_is_none_and_of_no_kind():
    assert xtdata.get_instrument_detail(UNKNOWN) is None
    assert xtdata.get_instrument_detail_list([PUFA, UNKNOWN])[UNKNOWN] is None
    assert xtdata.get_instrument_type(UNKNOWN) == {}


def test_kinds_of_instruments():
    assert xtdata.get_instrument_type(PUFA) == {"stock": True}
    assert xtdata.get_instrument_type(FUND) == {"fund": True, "etf": True}
    assert xtdata.get_instrument_type(PUFA, ["etf", "stock"]) == {"etf": False, "stock": True}


def test_sectors_hold_what_vnpy_reads_from_them():
    assert {"沪深A股", "沪深ETF", "京市A股"} <= set(xtdata.get_sector_list())
    assert PUFA in xtdata.get_stock_list_in_sector("沪深A股")
    assert FUND in xtdata.get_stock_list_in_sector("沪深ETF")
    assert all(code.endswith(".BJ") for code in xtdata.get_stock_list_in_sector("京市A股"))
    assert xtdata.get_stock_list_in_sector("沪深转债") == []
    assert xtdata.get_stock_list_in_sector("沪深?A股", "20261120") != []


def test_trading_dates_are_midnights_in_milliseconds():
    dates = xtdata.get_trading_dates("SH", "20261116", "20261120")

    assert dates == [TODAY - back * DAY_MS for back in (4, 3, 2, 1, 0)]
    assert xtdata.get_trading_dates("SZ", count=2) == dates[-2:]
    assert xtdata.get_trading_dates("HK") == []


def test_the_calendar_is_text_and_knows_days_to_come():
    assert xtdata.get_trading_calendar("SH", "20261119", "20261123") == [
        "20261119",
        "20261120",
        "20261121",
        "20261122",
        "20261123",
    ]
    assert xtdata.get_trading_calendar("SZ")[-1] == "20261231"
    with pytest.raises(InputError, match="market"):
        xtdata.get_trading_calendar("BJ")
