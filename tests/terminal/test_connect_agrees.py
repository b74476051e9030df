"""Random trading by way of Connect: the ledgers agree with a slow model to the fen.

Three accounts on two routes trade with each other in common books. After each
request cash, frozen cash, withdrawable cash, volumes and values equal the model's,
nothing is negative, and every share is somebody's.
"""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.connect_floor import DIGITS, ROUTES, ConnectFloor
from tests.terminal.slow_connect import SlowConnect, SlowOrder
from xtnb import xtconstant as c

PEOPLE = tuple(ROUTES)
CASH, HELD = 200_000, 3_050

orders = st.tuples(
    st.just("order"),
    st.sampled_from(PEOPLE),
    st.sampled_from(DIGITS),
    st.booleans(),
    st.integers(1, 30).map(lambda lots: lots * 100)
    | st.sampled_from([1_000, 2_000])
    | st.integers(1, 120),
    st.integers(-4, 4) | st.integers(-30, 30),
)
cancels = st.tuples(st.just("cancel"), st.sampled_from(PEOPLE), st.integers(0, 30))
rolls = st.just(("roll",))
steps = st.lists(st.one_of(orders, orders, orders, orders, cancels, rolls), max_size=45)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


class Watched(ConnectFloor):
    """The floor, and the models that watch it from outside."""

    def __init__(self):
        super().__init__(cash=CASH, held=HELD)
        self.models = {
            name: SlowConnect(route, CASH, HELD, DIGITS) for name, route in ROUTES.items()
        }

    def ask(self, method, account=PEOPLE[0], **arguments):
        value = super().ask(method, account, **arguments)
        self.hear()
        return value

    def hear(self):
        for push in self.pushes:
            model, record = self.models[push.account_id], push.record
            if push.kind == "stock_trade":
                price = decimal(record.traded_price)
                model.fill(record.order_id, price, record.traded_volume)
            elif push.kind == "stock_order":
                if record.order_status == c.ORDER_REPORTED and record.order_id not in model.orders:
                    digits, route = record.stock_code.split(".")
                    model.orders[record.order_id] = SlowOrder(
                        route,
                        digits,
                        record.order_type == c.STOCK_BUY,
                        decimal(record.price),
                        record.order_volume,
                        model.day,
                    )
                elif record.order_status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL):
                    model.orders[record.order_id].ended = True
        self.pushes = []

    def check(self):
        for name, model in self.models.items():
            asset = self.asset(name)
            assert decimal(asset.cash) == model.cash
            assert decimal(asset.frozen_cash) == model.frozen
            assert decimal(asset.fetch_balance) == model.withdrawable
            assert min(asset.cash, asset.frozen_cash, asset.fetch_balance) >= 0
            value = Decimal(0)
            for position in self.ask("query_stock_positions", name):
                digits = position.stock_code[:5]
                assert position.volume == model.volume(digits)
                assert position.frozen_volume == model.frozen_volume(digits)
                assert position.can_use_volume == position.volume - position.frozen_volume >= 0
                worth = model.value(digits, decimal(position.last_price))
                assert decimal(position.market_value) == worth
                value += worth
            assert decimal(asset.market_value) == value
            assert decimal(asset.total_asset) == model.cash + model.frozen + value
        for digits in DIGITS:
            assert sum(model.volume(digits) for model in self.models.values()) == HELD * 3

    def step(self, step):
        if step[0] == "order":
            _, name, digits, buy, volume, spreads = step
            code = f"{digits}.{ROUTES[name]}"
            price = self.market.rules(code).move(self.market.last_price(code), spreads)
            side = "buy" if buy else "sell"
            self.order(side, code, volume, price / 10_000, account=name)
        elif step[0] == "cancel":
            _, name, index = step
            known = list(self.models[name].orders)
            if known:
                self.cancel(known[index % len(known)], name)
        else:
            self.next_day()
            self.hear()
            for model in self.models.values():
                model.next_day()


@settings(max_examples=400, deadline=None)
@given(steps=steps)
def test_no_sequence_of_requests_parts_a_connect_account_from_the_slow_model(steps):
    floor = Watched()
    for step in steps:
        floor.step(step)
        floor.check()
