"""`xtnb doctor FOLDER` and `xtnb export FOLDER OUT`, on folders that are well and others."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import xtnb
from xtnb import xtconstant
from xtnb.cli import main
from xtnb.journal import FILE

AT_ONCE = xtconstant.MARKET_SH_CONVERT_5_CANCEL
CODE = "600000.SH"


def traded(desk):
    desk.buy(CODE, 200, price_type=AT_ONCE)
    desk.buy(CODE, 300, 10.00, remark="中文")
    desk.clock.advance(86_400)
    desk.buy(CODE, 100, 10.00)
    return desk.orders(), desk.trades()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "userdata_mini"
    with xtnb.paper(path, seed=7, clock="hand") as desk:
        traded(desk)
    return path


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(("language", "words"), [("en", "can be restored"), ("zh", "可恢复")])
def test_the_doctor_finds_nothing_wrong_with_a_folder_that_is_well(folder, language, words):
    before = (folder / FILE).read_bytes()

    said = run("doctor", "--language", language, folder)

    assert said.exit_code == 0, said.output
    assert "[ !! ]" not in said.output
    assert words in said.output
    assert "1000000365" not in said.output
    assert (folder / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("file", "text", "code", "words"),
    [
        ("STOP", "", 0, "[note] trading: stopped (STOP), cancels still work"),
        ("STOP.txt", "", 0, "[note] trading: stopped (STOP.txt)"),
        ("limits.toml", "[every", 1, "[ !! ] limits: limits.toml cannot be read"),
        ("limits.toml", "[every]\norder_volume = 100\n", 0, "[ ok ] limits: limits.toml can be"),
    ],
)
def test_the_doctor_says_what_keeps_orders_back(folder, file, text, code, words):
    assert "limits" not in run("doctor", "--language", "en", folder).output
    (folder / file).write_text(text, encoding="utf-8")

    said = run("doctor", "--language", "en", folder)

    assert (said.exit_code, words in said.output) == (code, True), said.output


def test_the_doctor_names_the_owner_of_a_folder_that_is_open(tmp_path):
    with xtnb.paper(tmp_path, seed=7, clock="hand") as desk:
        desk.buy(CODE, 300, 10.00)

        said = run("doctor", tmp_path)

        assert said.exit_code == 0, said.output
        assert "open: a paper terminal in a notebook or script, this process" in said.output
        assert "1 orders (1 open)" in said.output
        desk.buy(CODE, 300, 10.00)
        assert len(desk.orders()) == 2


def test_the_doctor_says_what_is_damaged(folder):
    path = folder / FILE
    data = bytearray(path.read_bytes())
    place = data.rindex(b"StockAccountBooks") + 30
    data[place] ^= 0x20
    path.write_bytes(data)

    said = run("doctor", folder)

    assert said.exit_code == 1
    assert "[ !! ] checksums: not what was written: kept account" in said.output


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "`xtnb serve`"), (b"no database at all", "cannot be used: it is not a database")],
)
def test_the_doctor_says_that_a_folder_has_no_terminal(tmp_path, content, words):
    if content:
        (tmp_path / FILE).write_bytes(content)

    said = run("doctor", tmp_path)

    assert said.exit_code == 1
    assert words in said.output


def test_the_doctor_wants_to_know_what_to_look_at():
    assert run("doctor").exit_code == 2


def test_an_export_has_all_that_was_told_and_asked(folder, tmp_path):
    out = tmp_path / "out"

    said = run("export", folder, out)

    assert said.exit_code == 0, said.output
    orders = pd.read_parquet(out / "orders.parquet")
    last = orders.groupby("order_id").tail(1).set_index("order_id")
    assert list(last["order_volume"]) == [200, 300, 100]
    assert last["order_remark"].to_dict()[2] == "中文"
    assert list(last["day"]) == [20261120, 20261120, 20261121]
    trades = pd.read_parquet(out / "trades.parquet")
    assert trades["traded_volume"].sum() >= 200
    asked = pd.read_parquet(out / "requests.parquet")
    sent = asked[asked["method"] == "order_stock"]
    assert [json.loads(text)["order_volume"] for text in sent["arguments"]] == [200, 300, 100]
    closing = pd.read_parquet(out / "asset_by_day.parquet")
    assert set(closing["day"]) == {20261120}
    assert "1000000365" in set(closing["account_id"])
    assert not list(out.glob("*.part"))


def test_an_export_of_nothing_says_so(tmp_path):
    said = run("export", tmp_path, tmp_path / "out")

    assert said.exit_code == 1
    assert "no durable terminal" in said.output
    assert not (tmp_path / "out").exists()
