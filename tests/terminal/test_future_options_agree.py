"""Random requests of two accounts for options on futures: the ledgers agree with a slow
model to the fen, over days that end with exercises, assignments and an expiry."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.floor import ANN, BOB
from tests.terminal.slow_future_option import (
    SlowFutureOptionAccount,
    SlowFutureOptionOrder,
    margin,
    settlement,
)
from tests.terminal.test_future_options import CALL, CASH, CODES, COPPER, MEAL, PUT, OptionsFloor
from xtnb import xtconstant as c
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options_futures import all_future_options

PEOPLE = (ANN, BOB)
FUTURES = (MEAL, COPPER)
UNITS = {MEAL: Decimal(10), COPPER: Decimal(5)}
RATES = {MEAL: Decimal("0.09"), COPPER: Decimal("0.11")}
TICKS = {MEAL: Decimal(1), COPPER: Decimal(10)}

people = st.sampled_from(PEOPLE)
codes = st.sampled_from(CODES)
kinds = st.integers(0, 9)
orders = st.tuples(st.just("order"), people, codes, kinds, st.integers(1, 4), st.integers(-2, 2))
pairs = st.tuples(
    st.just("pair"),
    st.permutations(PEOPLE),
    codes,
    st.sampled_from([(0, 3), (8, 6), (9, 7), (0, 6), (8, 3)]),
    st.integers(1, 4),
)
exercises = st.tuples(st.just("exercise"), people, codes, st.integers(1, 3))
cancels = st.tuples(st.just("cancel"), people, st.integers(0, 20))
moves = st.tuples(st.just("move"), st.sampled_from([*FUTURES, *CODES]), st.integers(-6, 6))
rolls = st.just(("roll",))
steps = st.lists(
    st.one_of(orders, pairs, pairs, pairs, exercises, exercises, cancels, moves, rolls),
    max_size=40,
)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


class Watched:
    """A floor, and the models that watch it from outside."""

    def __init__(self):
        self.floor = OptionsFloor("2026-12-06 09:30:00")  # meal's options end on the 7th
        table = all_future_options(DEMO_DAY)
        self.contracts = {
            code: (
                table[code].call,
                Decimal(table[code].strike) / 10_000,
                table[code].expiry,
                table[code].underlying,
                Decimal(table[code].unit),
                RATES[table[code].underlying],
            )
            for code in CODES
        }
        self.models = {name: SlowFutureOptionAccount(CASH, self.contracts) for name in PEOPLE}
        self.trades = {code: [] for code in FUTURES}
        self.settled = {code: self.last(code) for code in FUTURES}
        self.begin_day()
        for names in (PEOPLE, PEOPLE[::-1]):
            for code in (CALL, PUT):
                self.pair(names, code, (0, 3), 3)

    def last(self, code):
        return decimal(self.floor.last(code))

    def begin_day(self):
        for model in self.models.values():
            model.settled = dict(self.settled)
            for code, (call, strike, _, future, unit, rate) in self.contracts.items():
                price = self.last(code)
                model.each[code] = margin(call, strike, price, self.settled[future], unit, rate)

    def hear(self):
        for push in self.floor.pushes:
            model, record = self.models[push.account_id], push.record
            if push.kind == "stock_trade":
                model.filled(record.order_id, decimal(record.traded_price), record.traded_volume)
            elif push.kind == "stock_order":
                self.hear_order(model, record)

    def hear_order(self, model, record):
        code = record.stock_code
        if record.order_status == c.ORDER_REPORTED and record.order_id not in model.orders:
            _, strike, _, _, unit, rate = self.contracts[code]
            model.orders[record.order_id] = SlowFutureOptionOrder(
                record.order_type,
                code,
                decimal(record.price),
                record.order_volume,
                unit,
                model.each[code],
                strike,
                rate,
            )
        elif record.order_status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL):
            model.orders[record.order_id].ended = True

    def send(self, name, order_type, code, volume, price):
        before = self.floor.state(name)
        number = self.floor.order(order_type, code, volume, price, account=name)
        self.hear()
        if self.floor.record(number, name).order_status == c.ORDER_JUNK:
            assert self.floor.state(name) == before

    def step(self, step):
        getattr(self, step[0])(*step[1:])

    def price(self, code, ticks=0):
        rules = self.floor.market.rules(code)
        last = self.floor.market.last_price(code) + ticks * rules.tick
        return min(max(last, rules.down), rules.up) / 10_000

    def order(self, name, code, kind, volume, ticks):
        self.send(name, kind, code, volume, self.price(code, ticks))

    def pair(self, names, code, kinds, volume):
        price = self.price(code)
        self.send(names[1], kinds[1], code, volume, price)
        self.send(names[0], kinds[0], code, volume, price)

    def exercise(self, name, code, volume):
        self.send(name, 100, code, volume, 0.0)

    def cancel(self, name, index):
        known = list(self.models[name].orders)
        if known:
            self.floor.cancel(known[index % len(known)], name)
            self.hear()

    def move(self, code, percent):
        rules = self.floor.market.rules(code)
        price = self.floor.market.last_price(code) * (100 + percent) // 100
        price = max(rules.tick, price - price % rules.tick)
        self.floor.move(code, price / 10_000)
        if code in self.trades:
            self.trades[code].append(Decimal(price) / 10_000)

    def roll(self):
        day = self.floor.market.day()
        settled = {
            code: settlement(self.trades[code], self.settled[code], TICKS[code]) for code in FUTURES
        }
        parts = {name: {} for name in PEOPLE}
        for code, (call, strike, expiry, future, *_) in self.contracts.items():
            inside = settled[future] > strike if call else settled[future] < strike
            self.assign(code, expiry <= day and inside, parts)
        self.floor.next_day()
        for name, model in self.models.items():
            model.settle_lots(settled, UNITS)
            model.end_day(day, parts[name], settled)
        self.settled, self.trades = settled, {code: [] for code in FUTURES}
        self.begin_day()

    def assign(self, code, everything, parts):
        first, second = (self.models[name].options.get((code, False), 0) for name in PEOPLE)
        whole = first + second
        asked = sum(model.exercised(code) for model in self.models.values())
        count = whole if everything else min(asked, whole)
        if whole:
            exact = Decimal(count * first) / whole
            # two accounts: the larger remainder, the first one if they are equal
            mine = int(exact) + (1 if exact - int(exact) >= Decimal("0.5") else 0)
            parts[ANN][code], parts[BOB][code] = mine, count - mine

    def check(self):
        self.floor.balanced()
        for name, model in self.models.items():
            equity, used, held = model.figures(self.last, UNITS, RATES)
            asset = self.floor.asset(name)
            assert decimal(asset.total_asset) == equity
            assert decimal(asset.market_value) == used
            assert decimal(asset.frozen_cash) == held
            assert decimal(asset.cash) == equity - used - held
            seen = {}
            for row in self.floor.ask("query_stock_positions", name).value:
                side = row.stock_code, row.direction == c.DIRECTION_FLAG_LONG
                seen[side] = row.volume
                if row.stock_code in CODES:
                    assert row.can_use_volume == model.usable(side)
            for side, volume in {**model.options, **model.lots}.items():
                assert seen.get(side, 0) == volume


@settings(max_examples=300, deadline=None)
@given(steps=steps)
def test_no_sequence_of_requests_parts_options_on_futures_from_the_slow_model(steps):
    watched = Watched()
    watched.check()
    for step in steps:
        watched.step(step)
        watched.check()
