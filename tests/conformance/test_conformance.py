"""Every case of the conformance run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.case import Case
from tests.conformance.cases import CASES
from tests.conformance.stage import close_shared


@pytest.fixture(scope="module", autouse=True)
def _stage_of_what_moves_nothing() -> Iterator[None]:
    yield
    close_shared()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_terminal_does_what_the_manual_says(case: Case) -> None:
    case.run()


def test_every_case_has_a_number_and_a_name_of_its_own() -> None:
    assert len({case.number for case in CASES}) == len(CASES)
    assert len({case.what for case in CASES}) == len(CASES)
