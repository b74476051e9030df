"""Random requests of three option accounts: the ledgers agree with a slow model to the fen.

The accounts trade with each other over several days, one of which is an expiry day;
prices of funds and contracts are moved by trades of others. After each request cash,
frozen cash with margin, contracts, shares and total assets equal the model's, nothing
is negative, and a refused order has changed nothing.
"""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.option_floor import (
    ANN,
    BOB,
    CALL,
    CAT,
    CODES,
    FUND,
    LATER,
    OTHER_FUND,
    PEOPLE,
    PUT,
    SHENZHEN,
    OptionFloor,
)
from tests.terminal.slow_option import SlowOptionAccount, SlowOptionOrder, assign, margin
from xtnb import xtconstant as c
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options_listed import all_stock_options
from xtnb.rules.options_settings import OptionSettings

SHARES = 45_000
# Account: locked units of FUND, and (code, rights, contracts, covered) to begin with.
HELD = {
    ANN: (0, ((CALL, True, 3, False), (PUT, False, 4, False), (LATER, False, 14, False))),
    BOB: (
        20_000,
        ((CALL, False, 3, False), (CALL, False, 1, True), (PUT, True, 3, False)),
    ),
    CAT: (
        30_000,
        (
            (CALL, True, 2, False),
            (CALL, False, 2, True),
            (PUT, False, 2, False),
            (SHENZHEN, False, 2, False),
        ),
    ),
}
KINDS = (48, 49, 50, 51, 52, 53)
SHENZHEN_TYPES = (
    c.MARKET_PEER_PRICE_FIRST,
    c.MARKET_MINE_PRICE_FIRST,
    c.MARKET_SZ_INSTBUSI_RESTCANCEL,
    c.MARKET_SZ_CONVERT_5_CANCEL,
    c.MARKET_SZ_FULL_OR_CANCEL,
)

people = st.sampled_from(PEOPLE)
orders = st.tuples(
    st.just("order"),
    people,
    st.sampled_from(CODES),
    st.sampled_from(KINDS),
    st.integers(1, 6),
    st.integers(-3, 3),
    st.integers(0, 12),
)
pairs = st.tuples(
    st.just("pair"),
    st.permutations(PEOPLE).map(lambda names: names[:2]),
    st.sampled_from(CODES),
    st.sampled_from([(48, 50), (48, 52), (51, 49), (53, 49), (51, 50), (48, 49)]),
    st.integers(1, 6),
)
exercises = st.tuples(st.just("exercise"), people, st.sampled_from(CODES[:2]), st.integers(1, 4))
locks = st.tuples(
    st.just("lock"),
    people,
    st.sampled_from([FUND, OTHER_FUND]),
    st.booleans(),
    st.sampled_from([5_000, 10_000, 20_000, 40_000]),
)
exercises_at_close = st.tuples(
    st.just("last_day"), people, st.sampled_from(CODES[:2]), st.integers(1, 3), st.integers(-9, 9)
)
squeezes = st.tuples(st.just("squeeze"), st.integers(0, 9), st.integers(20, 60), st.integers(1, 3))
cancels = st.tuples(st.just("cancel"), people, st.integers(0, 20))
moves = st.tuples(st.just("move"), st.sampled_from([FUND, OTHER_FUND, *CODES]), st.integers(-9, 9))
rolls = st.just(("roll",))
steps = st.lists(
    st.one_of(
        orders,
        orders,
        pairs,
        pairs,
        exercises,
        exercises_at_close,
        squeezes,
        locks,
        cancels,
        moves,
        rolls,
    ),
    max_size=40,
)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


class Watched:
    """A floor, and the models that watch it from outside."""

    def __init__(self, start, cash):
        self.floor = OptionFloor(
            cash=cash,
            settings=OptionSettings(force_after=None, halt_seconds=0),
            start=f"{start} 09:30:00",
            held=HELD,
        )
        table = all_stock_options(DEMO_DAY)
        self.contracts = {
            code: (
                table[code].call,
                Decimal(table[code].strike) / 10_000,
                table[code].expiry,
                table[code].underlying,
            )
            for code in CODES
        }
        shares = {FUND: SHARES, OTHER_FUND: SHARES}
        self.models = {name: SlowOptionAccount(cash, shares, self.contracts) for name in PEOPLE}
        for name, (locked, contracts) in HELD.items():
            self.models[name].locked[FUND] = locked
            for code, rights, volume, covered in contracts:
                self.models[name].held[code, rights, covered] = volume
        self.set_margins()

    def last(self, code):
        return decimal(self.floor.last(code))

    def set_margins(self):
        """At a day's begin, last prices are the settlement prices and closes before."""
        for model in self.models.values():
            for code, (call, strike, _, underlying) in self.contracts.items():
                model.each[code] = margin(call, strike, self.last(code), self.last(underlying))

    def hear(self):
        for push in self.floor.pushes:
            model, record = self.models[push.account_id], push.record
            if push.kind == "stock_trade":
                price = decimal(record.traded_price)
                model.filled(record.order_id, price, record.traded_volume)
            elif push.kind == "stock_order":
                self.hear_order(model, record)
        self.floor.pushes = []

    def hear_order(self, model, record):
        known = record.order_id in model.orders
        if record.order_type in (56, 57):
            if record.order_status == c.ORDER_SUCCEEDED:
                sign = 1 if record.order_type == 56 else -1
                model.locks(record.stock_code, sign * record.order_volume)
        elif record.order_status == c.ORDER_REPORTED and not known:
            rules = self.floor.market.rules(record.stock_code)
            price = record.price
            if record.price_type != 50:
                price = (rules.up if record.order_type in (48, 51, 53) else rules.down) / 10_000
            each = model.each[record.stock_code]
            order = SlowOptionOrder(
                record.order_type, record.stock_code, decimal(price), record.order_volume, each
            )
            model.accepted(record.order_id, order)
        elif record.order_status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL) and known:
            model.ended(record.order_id)
        elif record.order_status in (c.ORDER_REPORTED, c.ORDER_PART_SUCC) and record.price:
            model.repriced(record.order_id, decimal(record.price))

    def send(self, name, order_type, code, volume, price=0.0, price_type=c.FIX_PRICE):
        before = self.floor.state(name)
        number = self.floor.order(
            order_type, code, volume, price, account=name, price_type=price_type
        )
        self.hear()
        if self.floor.record(number, name).order_status == c.ORDER_JUNK:
            assert self.floor.state(name) == before
        return number

    def price(self, code, ticks=0):
        rules = self.floor.market.rules(code)
        last = self.floor.market.last_price(code) + ticks
        return min(max(last, rules.down), rules.up) / 10_000

    def step(self, step):
        getattr(self, step[0])(*step[1:])

    def order(self, name, code, kind, volume, ticks, price_type):
        if code == SHENZHEN and price_type < len(SHENZHEN_TYPES):
            self.send(name, kind, code, volume, 0.0, SHENZHEN_TYPES[price_type])
        else:
            self.send(name, kind, code, volume, self.price(code, ticks))

    def pair(self, names, code, kinds, volume):
        price = self.price(code)
        self.send(names[1], kinds[1], code, volume, price)
        self.send(names[0], kinds[0], code, volume, price)

    def exercise(self, name, code, volume):
        self.send(name, 54 if self.contracts[code][0] else 55, code, volume)

    def last_day(self, name, code, volume, percent):
        """On the expiry day: the fund moves, somebody exercises, and the day ends."""
        if self.floor.market.day() == self.contracts[code][2]:
            self.move(FUND, percent)
            self.exercise(name, code, volume)
            self.check()
            self.roll()

    def squeeze(self, fund, percent, volume):
        """Prices rise overnight, and who is short of margin buys back."""
        self.move(FUND, fund)
        self.move(LATER, percent)
        self.roll()
        self.check()
        self.order(BOB, LATER, 50, 2, 0, 12)
        self.order(ANN, LATER, 51, volume, 0, 12)

    def lock(self, name, code, locking, shares):
        self.send(name, 56 if locking else 57, code, shares)

    def cancel(self, name, index):
        known = list(self.models[name].orders)
        if known:
            self.floor.cancel(known[index % len(known)], name)
            self.hear()

    def move(self, code, percent):
        rules = self.floor.market.rules(code)
        price = self.floor.market.last_price(code) * (100 + percent) // 100
        price -= price % rules.tick
        self.floor.move(code, max(rules.tick, price) / 10_000)

    def roll(self):
        day = self.floor.market.day()
        spots = {code: self.last(code) for code in (FUND, OTHER_FUND)}
        accounts = list(self.models.values())
        parts = [{} for _ in accounts]
        for code, (call, strike, expiry, underlying) in self.contracts.items():
            if expiry == day:
                spot = spots[underlying]
                inside = spot > strike if call else spot < strike
                for part, count in zip(parts, assign(accounts, code, inside), strict=True):
                    part[code] = count
        self.floor.next_day()
        self.floor.pushes = []
        for account, part in zip(accounts, parts, strict=True):
            for order in account.orders.values():
                if order.order_type <= 53:
                    order.ended = True
            account.end_day(day, spots, part)
        self.set_margins()
        assert self.floor.market.day() == day + timedelta(days=1)

    def check(self):
        for name, model in self.models.items():
            asset = self.floor.asset(name)
            assert decimal(asset.cash) == model.available
            assert decimal(asset.frozen_cash) == model.not_available
            assert min(asset.cash, asset.frozen_cash) >= 0
            value = Decimal(0)
            seen = set()
            for row in self.floor.ask("query_stock_positions", name).value:
                code = row.stock_code
                assert row.volume == row.can_use_volume + row.frozen_volume
                assert min(row.can_use_volume, row.frozen_volume) >= 0
                if code in model.shares:
                    assert row.volume == model.shares[code]
                    assert row.frozen_volume == model.frozen_shares(code)
                    value += row.volume * self.last(code)
                    continue
                key = code, row.direction == 48, row.instrument_name.endswith("（备兑）")
                seen.add(key)
                assert row.volume == model.held.get(key, 0)
                assert row.can_use_volume == model.usable(key)
                value += (1 if key[1] else -1) * row.volume * self.last(code) * 10_000
            assert {key for key, volume in model.held.items() if volume} <= seen
            assert decimal(asset.market_value) == value
            assert decimal(asset.total_asset) == model.money + value
            for code in (FUND, OTHER_FUND):
                assert model.free_locked(code) >= 0
                assert self.floor.books[name].ledger.free_locked(code) == model.free_locked(code)


@settings(max_examples=400, deadline=None)
@given(
    start=st.sampled_from(["2026-11-24", "2026-11-25"]),
    cash=st.sampled_from([40_000, 60_000, 120_000]),
    steps=steps,
)
def test_no_sequence_of_requests_parts_the_option_ledgers_from_the_slow_model(start, cash, steps):
    watched = Watched(start, cash)
    watched.check()
    for step in steps:
        watched.step(step)
        watched.check()
