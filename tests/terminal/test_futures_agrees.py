"""Random trading between futures accounts: the ledger agrees with a slow model to the fen.

Three accounts trade with each other on a market without a flow of its own, with every
order type from 0 to 22, so that every long lot is somebody's short one. After each
request: money, margin, lots, profits and fees equal the model's; a preview said before
what the terminal then did; a refused order has moved nothing; and all accounts together
lose only the fees.
"""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.slow_futures import SlowFutures, product
from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.futures_listed import all_futures
from xtnb.rules.months import DEMO_DAY
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.futures_opening import OpeningFuture, begin_futures
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.vocabulary.messages import Request

CODES = ("rb2701.SF", "rb2705.SF", "m2701.DF", "m2705.DF", "T2703.IF")
SPREADS = ("SP m2701&m2705.DF", "SP m2705&m2701.DF", "SP rb2701&rb2705.SF")
PEOPLE = ("2001", "2002", "2003")
CASH = 400_000
MARKET_TYPES = {"SF": (), "DF": (19, 20), "IF": (21, 22, 23, 24)}
OPENING = {
    "2001": [("rb2701.SF", True, 6, 3), ("m2701.DF", False, 9, 4), ("T2703.IF", True, 2, 1)],
    "2002": [("rb2701.SF", False, 6, 3), ("m2705.DF", True, 5, 5), ("T2703.IF", False, 2, 1)],
    "2003": [("m2701.DF", True, 9, 4), ("m2705.DF", False, 5, 5)],
}

orders = st.tuples(
    st.just("order"),
    st.sampled_from(PEOPLE),
    st.sampled_from(CODES),
    st.integers(0, 22) | st.sampled_from([0, 3, 6, 8, 10, 13, 14, 15]),
    st.integers(1, 9),
    st.integers(-3, 3),
    st.integers(0, 9),
)
cancels = st.tuples(st.just("cancel"), st.sampled_from(PEOPLE), st.integers(0, 30))
rolls = st.just(("roll",))
steps = st.lists(st.one_of(*[orders] * 8, cancels, rolls), max_size=60)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


class Floor:
    """A terminal, and the models that watch it from outside."""

    def __init__(self):
        known = all_futures(DEMO_DAY)
        self.clock = HandClock()
        self.market = Market(self.clock, 1, [known[code] for code in CODES], flow=False)
        self.terminal = PaperTerminal("floor", self.market)
        self.last = {code: Decimal(known[code].reference) / 10_000 for code in CODES}
        self.settled = dict(self.last)
        self.traded = {code: [] for code in CODES}
        self.models, self.books = {}, {}
        for name in PEOPLE:
            books = FuturesAccountBooks(name, CASH * 10_000, self.terminal.floor)
            begin_futures(books, [OpeningFuture(*held) for held in OPENING[name]])
            self.terminal.admit(books)
            self.books[name] = books
            self.models[name] = SlowFutures(CASH, self.last)
            for code, long, past, today in OPENING[name]:
                self.models[name].begin(code, long, past, today, self.last[code], self.last[code])
        self.whole = sum(model.equity for model in self.models.values())
        self.seq = 0

    def ask(self, method, name, **arguments):
        self.seq += 1
        self.bids = {code: self.market.book(code).best_bid for code in CODES}
        reply = self.terminal.handle(
            Request(self.seq, method, c.FUTURE_ACCOUNT, name, arguments, 1)
        )
        self.hear()
        return reply

    def hear(self):
        for push in self.terminal.drain():
            model, record = self.models[push.account_id], push.record
            if push.kind == "stock_order":
                self.hear_order(model, record)
            elif push.kind == "stock_trade":
                price = decimal(record.traded_price)
                self.last[record.stock_code] = price
                self.traded[record.stock_code].append((price, record.traded_volume))
                amount = price * record.traded_volume * product(record.stock_code)["unit"]
                assert decimal(record.traded_amount) == amount
                before = model.paid
                model.filled(record.order_id, price, record.traded_volume)
                assert decimal(record.commission) == model.paid - before

    def hear_order(self, model, record):
        status = record.order_status
        known = model.orders.get(record.order_id)
        if known is None and status != c.ORDER_JUNK:
            model.accepted(record.order_id, record, self.freeze_price(record))
        elif status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL):
            known.ended = True
        elif known and record.price and known.opens and status == c.ORDER_REPORTED:
            known.price, known.volume = decimal(record.price), record.order_volume
        elif known and record.price_type == c.BROKER_PRICE_ANY and record.price:
            known.price = decimal(record.price)

    def freeze_price(self, record):
        """What an opening's margin is frozen at."""
        rules = self.market.rules(record.stock_code)
        buy = (record.direction == c.DIRECTION_FLAG_LONG) == (
            record.offset_flag == c.OFFSET_FLAG_OPEN
        )
        if record.order_status == c.ORDER_WAIT_REPORTING:
            return decimal(rules.up / 10_000)
        if record.price_type == c.BROKER_PRICE_ANY or record.order_type in (16, 17, 18):
            price = rules.up if buy else rules.down
        else:
            price = round(record.price * 10_000)
        bid = self.bids[record.stock_code]
        return decimal((price if buy else max(price, bid)) / 10_000)

    def state(self, name):
        return [
            self.ask(method, name).value
            for method in (
                "query_stock_asset",
                "query_stock_positions",
                "query_position_statistics",
                "query_stock_trades",
            )
        ]

    def check(self):
        for name, model in self.models.items():
            asset = self.ask("query_stock_asset", name).value[0]
            assert decimal(asset.total_asset) == model.equity
            assert decimal(asset.market_value) == model.used
            assert decimal(asset.frozen_cash) == model.held
            assert decimal(asset.cash) == model.equity - model.used - model.held
            for row in self.ask("query_position_statistics", name).value:
                self.check_row(model, row)
            shown = sum(row.volume for row in self.ask("query_stock_positions", name).value)
            assert shown == len(model.lots)
        whole = sum(model.equity + model.paid for model in self.models.values())
        assert whole == self.whole

    def check_row(self, model, row):
        code = f"{row.instrument_id}.{row.exchange_id}"
        long = row.direction == c.DIRECTION_FLAG_LONG
        lots = [lot for lot in model.lots if (lot.code, lot.long) == (code, long)]
        unit, sign = product(code)["unit"], 1 if long else -1
        assert row.position == len(lots)
        assert row.today_position == sum(lot.today for lot in lots)
        assert row.yesterday_position == sum(not lot.today for lot in lots)
        assert row.can_close_vol == len(lots) - model.frozen_lots(code, long)
        assert row.can_close_vol >= 0
        assert decimal(row.position_cost) == sum(lot.cost for lot in lots) * unit
        assert decimal(row.open_cost) == sum(lot.opened_at for lot in lots) * unit
        assert decimal(row.position_profit) == sum(
            (self.last[code] - lot.cost) * unit * sign for lot in lots
        )
        assert decimal(row.float_profit) == sum(
            (self.last[code] - lot.opened_at) * unit * sign for lot in lots
        )
        by_cost, by_opening = model.profits.get((code, long), (0, 0))
        side = self.books_of(model).ledger.sides[code, long]
        assert decimal(row.close_profit) == by_cost
        assert decimal(side.close_profit_by_opening / 10_000) == by_opening
        held = [
            order.held()
            for order in model.orders.values()
            if (order.code, order.long) == (code, long)
        ]
        assert decimal(row.frozen_margin) == sum(margin for margin, _ in held)
        assert decimal(row.frozen_commission) == sum(fees for _, fees in held)

    def books_of(self, model):
        return next(self.books[name] for name in PEOPLE if self.models[name] is model)

    def step(self, step):
        if step[0] == "order":
            self.order(*step[1:])
        elif step[0] == "cancel":
            _, name, index = step
            known = list(self.models[name].orders)
            if known:
                self.ask("cancel_order_stock", name, order_id=known[index % len(known)])
        else:
            self.next_day()

    def order(self, name, code, order_type, volume, ticks, kind):
        rules = self.market.rules(code)
        price = (self.market.last_price(code) // rules.tick + ticks) * rules.tick
        special = MARKET_TYPES[rules.instrument.market]
        price_type = special[kind] if kind < len(special) else c.FIX_PRICE
        if order_type in (16, 17, 18):
            code = SPREADS[kind % len(SPREADS)]
            first, second = (leg + code[-3:] for leg in code[3:-3].split("&"))
            price = self.market.last_price(first) - self.market.last_price(second)
            price += ticks * rules.tick
        before = self.state(name)
        told, verdict = "", None
        try:
            verdict = self.books[name].judge(code, order_type, price_type, volume, price)
        except Refused as refusal:
            told = str(refusal)
        first_number = self.terminal.floor.last_order + 1
        reply = self.ask(
            "order_stock",
            name,
            stock_code=code,
            order_type=order_type,
            order_volume=volume,
            price_type=price_type,
            price=price / 10_000,
            strategy_name="",
            order_remark="",
        )
        assert reply.error == told
        assert reply.value == first_number
        if told:
            assert self.state(name) == before
        else:
            children = self.terminal.floor.last_order + 1 - first_number
            assert children == len(verdict.parts)
            self.check_unfilled(name, before[0][0], first_number, verdict)

    def check_unfilled(self, name, before, first_number, verdict):
        """Where no child was filled or ended, the preview's figures are what is held now."""
        made = [
            order for number, order in self.models[name].orders.items() if number >= first_number
        ]
        if all(order.open and not order.fills for order in made):
            asset = self.ask("query_stock_asset", name).value[0]
            held = decimal(asset.frozen_cash) - decimal(before.frozen_cash)
            assert held == Decimal(verdict.held) / 10_000
            assert decimal(before.cash) - decimal(asset.cash) == held

    def next_day(self):
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        self.hear()
        for code in CODES:
            lots = sum(volume for _, volume in self.traded[code])
            if lots:
                tick = Decimal(product(code)["tick"])
                average = sum(price * volume for price, volume in self.traded[code]) / lots
                self.settled[code] = (average / tick).quantize(Decimal(1), ROUND_HALF_UP) * tick
            self.traded[code] = []
            assert self.market.prev_close(code) == self.settled[code] * 10_000
        for model in self.models.values():
            model.next_day(self.settled)


@settings(max_examples=500, deadline=None)
@given(steps=steps)
def test_no_sequence_of_requests_parts_the_ledger_from_the_slow_model(steps):
    floor = Floor()
    for step in steps:
        floor.step(step)
        floor.check()
