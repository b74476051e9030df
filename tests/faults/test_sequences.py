"""Whatever breaks, in whatever order: nothing is lost, doubled, or carried out too late.

XTNB_FAULTS says how many sequences are tried on each way; five where it is not set.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faults.desks import Trial
from tests.faults.ways import WAYS

volumes = st.integers(1, 3).map(lambda lots: 100 * lots)
yes = st.booleans()
steps = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), volumes, yes),
        st.tuples(st.just("again"), st.integers(0, 9)),
        st.tuples(st.just("time_out"), volumes, yes, yes),
        st.tuples(st.just("stale"), volumes),
        st.tuples(st.just("elsewhere"), volumes),
        st.tuples(st.just("market"), st.sampled_from((1, 20))),
        st.tuples(st.sampled_from(("cut", "mend", "mend", "restart_terminal", "restart_session"))),
        st.tuples(st.just("next_day")),
    ),
    min_size=3,
    max_size=10,
)


@pytest.mark.parametrize("way", WAYS)
@settings(
    max_examples=int(os.environ.get("XTNB_FAULTS", "5")),
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink would take minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), steps=steps)
def test_no_sequence_of_faults_loses_doubles_or_delays_an_order_or_a_fill(way, seed, steps):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        trial = Trial(WAYS[way](Path(folder) / "terminal", seed))
        try:
            for name, *arguments in steps:
                getattr(trial, name)(*arguments)
            trial.check()
        finally:
            trial.close()
