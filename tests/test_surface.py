"""The table of the whole API: nothing is missing, and the table is up to date."""

from __future__ import annotations

from tests.project import surface


def test_nothing_that_manual_or_vendor_name_is_missing():
    assert surface.gaps() == []


def test_the_table_counts_what_manual_and_vendor_have():
    counts = {heading: len(rows) for heading, (_, rows) in surface.sections().items()}

    assert counts == {
        "Methods": 82,
        "Callbacks": 16,
        "Records": 27,
        "Dicts": 7,
        "Constants": 537,
    }


def test_the_committed_table_is_the_one_that_the_code_makes():
    written = surface.TABLE.read_text(encoding="utf-8")

    assert written == surface.text(), "run: python -m tests.project.surface"


def test_no_row_is_empty_or_not_supported():
    text = surface.TABLE.read_text(encoding="utf-8")

    assert "not supported" not in text.lower()
    for _, (_, rows) in surface.sections().items():
        for row in rows:
            assert row.tested, row.name
            assert all(row.cells[:1]), row.name


def test_keys_are_read_from_the_manual():
    assert len(surface.manual_keys("query_com_fund")) == 10
    assert len(surface.manual_keys("query_com_position")) == 16
    assert len(surface.manual_keys("smt_query_quoter")) == 20
    assert len(surface.manual_keys("smt_query_compact")) == 45
