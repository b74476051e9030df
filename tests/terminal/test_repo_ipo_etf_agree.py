"""Random business at every desk of stock accounts: the ledgers agree with a slow model.

Two accounts trade shares, funds and bonds with each other, lend to somebody, create
and redeem units, and subscribe. After each request cash, frozen cash and volumes
equal the model's to the fen, nothing is negative, total assets are their sum, and
a refused order has moved nothing.
"""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.repo_floor import ANN, BOB, BOND, CHINEXT, CSI, NIGHT, WEEK, RepoFloor
from tests.terminal.slow_repo import BASKETS, SlowBasket, SlowDesks, SlowOrder
from xtnb import xtconstant as c
from xtnb.rules.ipo import offers

PEOPLE = (ANN, BOB)
TRADED = ("600036.SH", "300750.SZ", CSI, CHINEXT, BOND)
CASH = 400_000
DESK_TYPES = (c.ETF_PURCHASE, c.ETF_REDEMPTION)

who = st.sampled_from(PEOPLE)
orders = st.tuples(
    st.just("order"),
    who,
    st.sampled_from(TRADED),
    st.booleans(),
    st.sampled_from([10, 100, 200, 400, 1_000, 10_000, 20_000]) | st.integers(1, 3_000),
    st.integers(-2, 2),
)
loans = st.tuples(
    st.just("lend"), who, st.sampled_from([NIGHT, WEEK]), st.integers(1, 150), st.integers(-2, 2)
)
debts = st.tuples(
    st.just("borrow"), st.sampled_from([NIGHT, WEEK]), st.integers(1, 90), st.integers(-2, 2)
)
units = st.tuples(
    st.just("basket"), who, st.sampled_from([CSI, CHINEXT]), st.booleans(), st.integers(1, 3)
)
tickets = st.tuples(st.just("subscribe"), who, st.integers(0, 4), st.integers(1, 30))
cancels = st.tuples(st.just("cancel"), who, st.integers(0, 30))
rolls = st.just(("roll",))
steps = st.lists(
    st.one_of(orders, orders, orders, loans, loans, debts, units, units, tickets, cancels, rolls),
    max_size=40,
)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


def kind_of(code):
    if code in (CSI, CHINEXT):
        return "fund"
    return "bond" if code == BOND else "stock"


class Watched(RepoFloor):
    """The floor, and the models that watch it from outside."""

    def __init__(self):
        super().__init__(cash=CASH, stocks=700)
        self.models = {}
        for name in PEOPLE:
            rows = super().ask("query_stock_positions", name)
            held = {row.stock_code: row.volume for row in rows}
            self.models[name] = SlowDesks(CASH, held)
        self.waiting = []  # name, offer, volume, order id, turns

    def hear(self):
        for push in self.pushes:
            model, record = self.models[push.account_id], push.record
            if push.kind == "stock_trade" and record.order_type not in DESK_TYPES:
                price = decimal(record.traded_price)
                model.fill(record.order_id, price, record.traded_volume)
            elif push.kind == "stock_order":
                self.hear_order(model, record)
        self.pushes = []

    def hear_order(self, model, record):
        number, code = record.order_id, record.stock_code
        if record.order_status == c.ORDER_REPORTED and number not in model.orders:
            if record.price_type == c.BROKER_PRICE_PROP_SUBSCRIBE:
                return
            repo = record.price_type == c.BROKER_PRICE_PROP_BUYBACK
            model.orders[number] = SlowOrder(
                "repo" if repo else kind_of(code),
                code,
                record.order_type == c.STOCK_BUY,
                decimal(record.price),
                record.order_volume,
                model.day,
            )
        elif record.order_status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL):
            if number in model.orders:
                model.orders[number].ended = True
            else:
                model.prepaid.pop(number, None)
                self.waiting = [row for row in self.waiting if row[3] != number]

    def check(self):
        for name, model in self.models.items():
            asset = self.asset(name)
            assert decimal(asset.cash) == model.cash
            assert decimal(asset.frozen_cash) == model.frozen
            assert min(asset.cash, asset.frozen_cash, asset.fetch_balance) >= 0
            value = Decimal(0)
            for row in self.ask("query_stock_positions", name):
                code = row.stock_code
                value += row.volume * decimal(row.last_price)
                assert row.volume == row.can_use_volume + row.frozen_volume + row.on_road_volume
                assert min(row.can_use_volume, row.frozen_volume, row.on_road_volume) >= 0
                if code in self.market.instruments:
                    assert row.volume == model.volume(code)
                    assert row.frozen_volume == model.frozen_volume(code)
            assert decimal(asset.market_value) == value
            assert decimal(asset.total_asset) == model.cash + model.frozen + value
            assert min(self.ask("query_new_purchase_limit", name).values()) >= 0

    def step(self, step):
        getattr(self, f"do_{step[0]}")(*step[1:])
        self.hear()

    def do_order(self, name, code, buy, volume, ticks):
        rules = self.market.rules(code)
        price = self.market.last_price(code) + ticks * rules.tick
        self.order("buy" if buy else "sell", code, volume, price / 10_000, account=name)

    def do_lend(self, name, code, lots, ticks):
        rate = self.market.last_price(code) + ticks * 50
        self.order("sell", code, lots * 10, rate / 10_000, account=name)

    def do_borrow(self, code, lots, ticks):
        rate = self.market.last_price(code) + ticks * 50
        self.borrow(code, lots * 10, rate / 10_000)

    def do_basket(self, name, code, creates, units):
        model, before = self.models[name], self.state(name)
        codes = {code, *(row[0] for row in basket_rows(code))}
        usable = {each: model.usable(each) for each in codes}
        last = {each: decimal(self.last(each)) for each in codes}
        volume = units * 10_000
        number = self.order(DESK_TYPES[0 if creates else 1], code, volume, account=name)
        fits = self.reply.error == ""
        self.pushes = []
        short = [
            each
            for each, wanted, mode in basket_rows(code)
            if mode == "forbidden" and usable[each] < wanted * units
        ]
        lacks = bool(short) if creates else usable[code] < volume
        if fits:
            assert not lacks
            model.basket(SlowBasket(code, creates, volume, usable, last))
        else:
            assert number > 0
            assert self.state(name) == before
            if not lacks:
                wanted = SlowBasket(code, creates, volume, usable, last)
                assert model.cash + wanted.cash < 0

    def do_subscribe(self, name, which, steps):
        model = self.models[name]
        offer = list(offers(self.market.day()).values())[which]
        volume = offer.step * steps
        before = self.state(name)
        at = offer.price / 10_000
        number = self.order("buy", offer.stock_code, volume, at, account=name)
        if self.reply.error:
            assert self.state(name) == before
            return
        self.waiting.append([name, offer, volume, number, 0])
        if offer.prepaid:
            model.prepaid[number] = volume * decimal(at)

    def do_cancel(self, name, index):
        known = [*self.models[name].orders, *(row[3] for row in self.waiting if row[0] == name)]
        if known:
            self.cancel(known[index % len(known)], name)

    def do_roll(self):
        volumes = {
            (name, row[1].stock_code): self.waits_for(name, row[1].stock_code)
            for name in PEOPLE
            for row in self.waiting
        }
        self.next_day()
        self.hear()
        for model in self.models.values():
            model.next_day()
        for row in self.waiting:
            row[4] += 1
        for name, offer, volume, number, turns in self.waiting:
            if turns < 2:
                continue
            self.models[name].prepaid.pop(number, None)
            code = offer.stock_code
            won = self.waits_for(name, code) - volumes[name, code]
            assert 0 <= won <= volume
            assert won % offer.step == 0
            self.models[name].won += won * decimal(offer.price / 10_000)
        self.waiting = [row for row in self.waiting if row[4] < 2]

    def waits_for(self, name, code):
        row = self.position(code, name)
        assert row is None or row.can_use_volume == 0
        return row.volume if row else 0


def basket_rows(code):
    return [(row["stock_code"], row["volume"], row["mode"]) for row in BASKETS[code]["rows"]]


@settings(max_examples=400, deadline=None)
@given(steps=steps)
def test_no_sequence_of_requests_parts_the_desks_from_the_slow_model(steps):
    floor = Watched()
    for step in steps:
        floor.step(step)
        floor.check()
