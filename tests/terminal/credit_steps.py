"""What may happen to a margin account in a random test: anything, or what is likely to work."""

from hypothesis import strategies as st

from tests.terminal.credit_floor import BOB, CAT, CODES
from xtnb.rules.credit_figures import ORDER_TYPES, base_type

TYPES = sorted(ORDER_TYPES)

volumes = st.integers(1, 60).map(lambda lots: lots * 100) | st.integers(1, 2_500)
codes = st.sampled_from(CODES)
ticks = st.integers(-3, 3)
orders = st.tuples(
    st.just("order"),
    st.sampled_from(TYPES),
    codes,
    volumes,
    ticks,
    st.integers(0, 8),
    st.integers(),
)
others = st.tuples(
    st.just("other"), st.sampled_from((BOB, CAT)), st.booleans(), codes, volumes, ticks
)
drifts = st.tuples(st.just("drift"), codes, st.sampled_from((-8, -5, 5, 8)))
cancels = st.tuples(st.just("cancel"), st.integers(0, 30))
special = st.tuples(st.just("special"), codes, st.integers(-2_000, 3_000))
few = st.one_of(drifts, cancels, special, st.just(("roll",)), st.tuples(st.just("charge")))
steps = st.lists(st.one_of(orders, orders, orders, others, others, few), min_size=8, max_size=40)
openings = st.sampled_from(("healthy", "thin"))


def likely(floor, chance):
    """A step that has a good chance to be carried out: lots, near prices, what is owed."""
    kind = chance.choice(TYPES)
    base, pool = base_type(kind)
    owed = [one.code for one in floor.model.contracts if one.left_volume and one.special == pool]
    code = chance.choice(owed if base in (29, 30) and owed else CODES)
    step = 1 if code == "688981.SH" and chance.random() < 0.3 else 100
    volume = chance.randrange(200 // step, 2_400 // step) * step
    if code == "688981.SH":
        volume = max(200, volume // 4)
    if base == 32:
        volume = chance.randrange(1, 30_000)
    elif base == 30 and owed:
        volume = chance.randrange(1, min(floor.model.owed(code, pool), 500) + 1)
    elif base == 29 and owed and chance.random() < 0.8:
        volume = min(volume, -(-floor.model.owed(code, pool) // 100) * 100 or 100)
    offset, price_kind = chance.randrange(-1, 2), chance.randrange(0, 9)
    what = chance.random()
    if what < 0.5:
        return "order", kind, code, volume, offset, price_kind, chance.randrange(30)
    if what < 0.8:
        who = chance.choice((BOB, CAT))
        return "other", who, chance.random() < 0.5, code, volume, offset
    if what < 0.86:
        return "cancel", chance.randrange(30)
    if what < 0.92:
        return "special", code, chance.randrange(-500, 1_500)
    if what < 0.95:
        return "above", chance.choice((28, 41)), code, chance.randrange(1, 12) * 100
    if what < 0.98:
        return "drift", code, chance.choice((-8, -5, 5, 8))
    return chance.choice((("roll",), ("roll",), ("charge",)))
