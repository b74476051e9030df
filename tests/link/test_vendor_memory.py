"""Keys, remarks and repeats: what a link to MiniQMT remembers."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.session.scripted import order
from xtnb.link import vendor_remarks
from xtnb.link.vendor_memory import (
    REMARK_LENGTH,
    TAG_LENGTH,
    Memory,
    shared_claims,
    tag_of,
    tagged,
    untagged,
)
from xtnb.link.vendor_remarks import FILE, KeptRemarks
from xtnb.vocabulary.messages import Reply, Request

accounts = st.tuples(st.integers(1, 16), st.text(max_size=12))


def width(text):
    """How much room a text takes at the broker."""
    return sum(1 if character.isascii() else 3 for character in text)


@given(accounts, st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_fits_and_the_tag_comes_back(account, key, remark):
    tag = tag_of(account, key)
    sent = tagged(tag, remark)
    found, rest = untagged(sent)

    assert len(tag) == TAG_LENGTH
    assert width(sent) <= REMARK_LENGTH
    assert found == tag
    assert remark.startswith(rest)


@given(st.lists(st.tuples(accounts, st.text(max_size=8)), unique=True, max_size=50))
def test_no_two_keys_share_a_tag(keys):
    assert len({tag_of(account, key) for account, key in keys}) == len(keys)


def test_a_new_day_forgets_keys_and_keeps_remarks_and_what_was_told():
    memory = Memory()
    memory.new_day("20261120")
    request = Request(1, "order_stock", 2, "1", {}, key="key")
    memory.remember(request, Reply(1, 41))
    memory.sent("A" * 13, "whole")
    assert memory.is_news(order(1))
    memory.new_day("20261120")
    assert memory.first(request) is not None
    assert not memory.is_news(order(1))

    memory.new_day("20261121")

    assert memory.first(request) is None
    assert not memory.is_news(order(1))
    assert memory.remark("A" * 13, "who") == "whole"


def test_passwords_are_not_remembered():
    memory = Memory()
    asked = {"bank_pwd": "secret", "fund_pwd": "secret"}
    memory.remember(Request(1, "bank_transfer_in", 2, "1", asked, key="key"), Reply(1, (True, "")))

    assert "secret" not in repr(vars(memory))


@given(st.dictionaries(st.text(), st.text(st.characters(codec=None)), max_size=20))
def test_remarks_are_read_back_as_they_were(tmp_path_factory, remarks):
    folder = tmp_path_factory.mktemp("remarks")
    kept = KeptRemarks(folder)
    kept.update(remarks)

    assert dict(KeptRemarks(folder)) == dict(kept) == remarks


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path):
    kept = KeptRemarks(tmp_path)
    kept["A"], kept["B"] = "第一", "second"
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-4])

    assert dict(KeptRemarks(tmp_path)) == {"A": "第一"}


def test_a_disk_that_refuses_does_not_stop_an_order(tmp_path, caplog):
    (tmp_path / "file").write_text("", encoding="utf-8")
    kept = KeptRemarks(tmp_path / "file" / "below")

    kept["A"] = "whole"

    assert kept["A"] == "whole"
    assert "could not be kept" in caplog.text


def test_a_file_that_has_grown_is_shortened(tmp_path, monkeypatch):
    monkeypatch.setattr(vendor_remarks, "_KEPT", 10)
    kept = KeptRemarks(tmp_path)
    for number in range(30):
        kept[str(number)] = f"remark {number}"

    assert list(KeptRemarks(tmp_path)) == [str(number) for number in range(20, 30)]
    assert len((tmp_path / FILE).read_text(encoding="utf-8").splitlines()) == 10


def test_every_way_to_a_miniqmt_leads_to_its_keys_and_to_no_other_s(tmp_path, monkeypatch):
    folder, place = tmp_path / "userdata_mini", tmp_path / "config"
    folder.mkdir()
    monkeypatch.chdir(folder)
    ways = (folder, Path("."), folder / ".." / folder.name)

    assert len({shared_claims(way, place).path for way in ways}) == 1
    assert shared_claims(folder, place).path.is_relative_to(place)
    assert shared_claims(tmp_path, place).path != shared_claims(folder, place).path
