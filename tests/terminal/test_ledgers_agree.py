"""Random trading between accounts: the ledgers agree with a slow model to the fen.

Three accounts trade with each other on a market without a flow of its own, so
every share and every yuan is somebody's. After each request: cash, frozen cash,
volumes and market value equal the model's; nothing is negative; total assets
are cash + frozen + market value; and all accounts together lose only the fees.
"""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.slow_account import SlowAccount, SlowOrder
from xtnb import xtconstant as c
from xtnb.rules.instruments import all_instruments
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningAccount, OpeningPosition
from xtnb.vocabulary.messages import Request

CODES = ("600000.SH", "000001.SZ", "688981.SH", "513100.SH", "159915.SZ")
PEOPLE = ("1001", "1002", "1003")
CASH = 300_000

MARKET_TYPES = {
    "SH": (c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SH_CONVERT_5_LIMIT),
    "SZ": (
        c.MARKET_SZ_CONVERT_5_CANCEL,
        c.MARKET_SZ_INSTBUSI_RESTCANCEL,
        c.MARKET_SZ_FULL_OR_CANCEL,
    ),
}
BOTH = (c.MARKET_PEER_PRICE_FIRST, c.MARKET_MINE_PRICE_FIRST)

orders = st.tuples(
    st.just("order"),
    st.sampled_from(PEOPLE),
    st.sampled_from(CODES),
    st.booleans(),
    st.integers(1, 40).map(lambda lots: lots * 100) | st.integers(1, 3_000),
    st.integers(-4, 4),
    st.integers(0, 9),
)
cancels = st.tuples(st.just("cancel"), st.sampled_from(PEOPLE), st.integers(0, 30))
rolls = st.just(("roll",))
steps = st.lists(st.one_of(orders, orders, orders, orders, cancels, rolls), max_size=50)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


class Floor:
    """A terminal, and the model that watches it from outside."""

    def __init__(self):
        known = all_instruments()
        self.clock = HandClock()
        self.market = Market(self.clock, 1, [known[code] for code in CODES], flow=False)
        held = tuple(OpeningPosition(code, 1_500, 400, 100) for code in CODES)
        self.terminal = PaperTerminal(
            "floor", self.market, [OpeningAccount(name, CASH * 10_000, held) for name in PEOPLE]
        )
        self.t0 = {code: known[code].t0 for code in CODES}
        self.fund = {code: known[code].kind == "etf" for code in CODES}
        road = {code: 0 if self.t0[code] else 400 for code in CODES}
        shares = dict.fromkeys(CODES, 1_900)
        self.models = {name: SlowAccount(CASH, shares, road) for name in PEOPLE}
        self.seq = 0

    def ask(self, method, name, **arguments):
        self.seq += 1
        reply = self.terminal.handle(
            Request(self.seq, method, c.SECURITY_ACCOUNT, name, arguments, 1)
        )
        self.hear()
        return reply.value

    def hear(self):
        for push in self.terminal.drain():
            record = push.record
            model = self.models[push.account_id]
            if push.kind == "stock_order":
                self.hear_order(model, record)
            elif push.kind == "stock_trade":
                order = model.today[record.order_id]
                order.fills.append((decimal(record.traded_price), record.traded_volume))

    def hear_order(self, model, record):
        code = record.stock_code
        if record.order_status == c.ORDER_REPORTED and record.order_id not in model.today:
            buy = record.order_type == c.STOCK_BUY
            price = decimal(self.freeze_price(record, buy))
            model.accepted(
                record.order_id, SlowOrder(code, buy, price, record.order_volume, self.fund[code])
            )
        elif record.order_status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL):
            model.today[record.order_id].ended = True
        elif record.order_status in (c.ORDER_REPORTED, c.ORDER_PART_SUCC):
            order = model.today[record.order_id]
            order.price = min(order.price, decimal(record.price)) if record.price else order.price

    def freeze_price(self, record, buy):
        if record.price_type == 50:
            return record.price
        rules = self.market.rules(record.stock_code)
        return (rules.up if buy else rules.down) / 10_000

    def check(self):
        everything = Decimal(0)
        for name, model in self.models.items():
            asset = self.ask("query_stock_asset", name)[0]
            assert decimal(asset.cash) == model.cash
            assert decimal(asset.frozen_cash) == model.frozen
            value = Decimal(0)
            for position in self.ask("query_stock_positions", name):
                code = position.stock_code
                assert position.volume == model.volume(code)
                assert position.frozen_volume == model.frozen_volume(code)
                assert position.on_road_volume == model.on_road(code, self.t0[code])
                assert position.can_use_volume == (
                    position.volume - position.frozen_volume - position.on_road_volume
                )
                assert min(position.can_use_volume, position.frozen_volume) >= 0
                value += position.volume * decimal(position.last_price)
            assert decimal(asset.market_value) == value
            assert decimal(asset.total_asset) == model.cash + model.frozen + value
            assert min(asset.cash, asset.frozen_cash) >= 0
            everything += model.cash + model.frozen + sum(o.charged for o in model.orders)
        assert everything == CASH * len(PEOPLE)
        for code in CODES:
            held = sum(model.volume(code) for model in self.models.values())
            assert held == 1_900 * len(PEOPLE)

    def step(self, step):
        if step[0] == "order":
            _, name, code, buy, volume, ticks, kind = step
            rules = self.market.rules(code)
            price = (self.market.last_price(code) // rules.tick + ticks) * rules.tick
            of_venue = (*MARKET_TYPES[code[-2:]], *BOTH)
            price_type = of_venue[kind] if kind < len(of_venue) else c.FIX_PRICE
            self.ask(
                "order_stock",
                name,
                stock_code=code,
                order_type=c.STOCK_BUY if buy else c.STOCK_SELL,
                order_volume=volume,
                price_type=price_type,
                price=price / 10_000 if price_type == c.FIX_PRICE else 0.0,
                strategy_name="",
                order_remark="",
            )
        elif step[0] == "cancel":
            _, name, index = step
            known = list(self.models[name].today)
            if known:
                self.ask("cancel_order_stock", name, order_id=known[index % len(known)])
        else:
            self.clock.set(self.clock.now() + DAY)
            self.market.advance(self.clock.now())
            self.hear()
            for model in self.models.values():
                model.next_day()


@settings(max_examples=1_000, deadline=None)
@given(steps=steps)
def test_no_sequence_of_requests_parts_the_ledgers_from_the_slow_model(steps):
    floor = Floor()
    for step in steps:
        floor.step(step)
        floor.check()
