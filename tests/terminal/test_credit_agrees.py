"""Random margin trading: ledgers, rules and records agree with a slow model to the fen.

One margin account trades all fourteen order types against two stock accounts on a
market without a flow of its own. After every request:

- money, debts, quotas, lendable volumes, available margin and maintenance ratio are
  the model's, in every record that shows them;
- nothing is negative that must not be, and total assets are the sum of their parts;
- money and shares only come from loans and go to fees, interest and repayments;
- a refused order has changed nothing, and the reason is true;
- what the rules say beforehand, from the records of the queries alone, is what the
  terminal does.
"""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings

from tests.terminal.credit_floor import BOB, CAT, CODES, MARY, YUAN, CreditFloor
from tests.terminal.credit_steps import likely, openings, steps
from tests.terminal.slow_account import fees
from tests.terminal.slow_credit import SlowContract, SlowCredit, SlowCreditOrder
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.rules.collateral import CreditSettings, securities
from xtnb.rules.credit_figures import Funds, Room, base_type
from xtnb.rules.instruments import all_instruments
from xtnb.rules.margin import credit_rules
from xtnb.terminal.accounts.credit_opening import OpeningDebt
from xtnb.terminal.clock import DAY, SECOND
from xtnb.terminal.scenario import OpeningPosition

KNOWN = all_instruments()
MARKET_TYPES = {
    "SH": (c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SH_CONVERT_5_LIMIT, c.MARKET_PEER_PRICE_FIRST),
    "SZ": (c.MARKET_SZ_CONVERT_5_CANCEL, c.MARKET_SZ_FULL_OR_CANCEL, c.MARKET_MINE_PRICE_FIRST),
}
TERMS = CreditSettings(fin_quota=250_000 * YUAN, slo_quota=200_000 * YUAN)


def decimal(amount):
    return Decimal(str(round(amount, 4)))


def lots(code):
    return OpeningPosition(code, 2_000, 200, 100)


class Floor(CreditFloor):
    """The floor, and the model that watches it from outside."""

    def __init__(self, opening):
        thin = opening == "thin"
        debts = (
            OpeningDebt("600000.SH", False, 8_000 if thin else 2_000, 100, 3),
            OpeningDebt("688981.SH", True, 1_000 if thin else 300, 101, 2),
            OpeningDebt("000001.SZ", False, 1_000, 98, 1, True),
            OpeningDebt("000001.SZ", True, 700, 100, 1, True),
        )
        cash = 12_000 if thin else 150_000
        held = [lots("600000.SH"), lots("510300.SH")] if thin else [lots(code) for code in CODES]
        super().__init__(
            cash=cash,
            positions=held,
            debts=debts,
            special=[("600000.SH", 1_000)],
            settings=TERMS,
        )
        self.fund = {code: KNOWN[code].kind == "etf" for code in CODES}
        table = securities(self.market.day())
        shares = dict.fromkeys(CODES, 0)
        for position in self.ask("query_stock_positions"):
            shares[position.stock_code] = position.volume
        model = self.model = SlowCredit(
            cash,
            shares,
            self.fund,
            {code: table[code].lendable if table[code].slo else 0 for code in CODES},
            (Decimal(1), Decimal(1)),
            {code: Decimal(table[code].haircut) / 10_000 for code in CODES},
            (Decimal("0.065"), Decimal("0.085")),
            (Decimal(250_000), Decimal(200_000)),
            365,
        )
        model.special["600000.SH"] += 1_000
        model.special["000001.SZ"] += 700
        for debt, row in zip(debts, self.compacts(), strict=True):
            self.begin_with(debt, row)
        self.owed_first = {code: model.owed(code, False) + model.owed(code, True) for code in CODES}
        self.begun = shares, self.money(), model.lent_in
        self.market.on_day(lambda old, new: self.turn())
        self.bids = {}

    def begin_with(self, debt, row):
        model = self.model
        one = SlowContract(row.compact_id, debt.stock_code, debt.short, debt.special, Decimal(1))
        price = Decimal(KNOWN[debt.stock_code].reference * debt.price_percent // 100) / YUAN
        rate = Decimal("0.085") if debt.short else Decimal("0.065")
        one.volume, one.amount = debt.volume, price * debt.volume
        one.left = one.amount
        one.fare = one.fare_left = debt.days_ago * (one.amount * rate / 365).quantize(
            Decimal("0.01"), "ROUND_HALF_UP"
        )
        if debt.short:
            one.left_volume, one.proceeds = debt.volume, one.amount
            model.short_cash += one.amount
        else:
            model.lent_in += one.amount
        model.contracts.append(one)

    def money(self):
        """All money of all accounts, fees that Bob and Cat paid included."""
        total = self.model.own + self.model.short_cash + self.model.paid_out
        for name in (BOB, CAT):
            asset = self.ask("query_stock_asset", name)[0]
            total += decimal(asset.cash) + decimal(asset.frozen_cash)
        return total + self.others_fees

    others_fees = Decimal(0)

    # -- hearing what happens ------------------------------------------------------------

    def ask(self, method, account=MARY, **arguments):
        value = super().ask(method, account, **arguments)
        self.hear(self.pushes)
        return value

    def advance(self, ns):
        super().advance(ns)
        self.hear(self.pushes)

    def turn(self):
        self.hear(self.terminal.drain())
        self.model.next_day()

    def hear(self, pushes):
        for push in pushes:
            record = push.record
            if push.kind == "stock_trade" and push.account_id != MARY:
                self.others_fees += decimal(record.commission)
            elif push.account_id != MARY:
                continue
            elif push.kind == "stock_order":
                self.hear_order(record)
            elif push.kind == "stock_trade":
                name = f"{self.terminal.floor.day}{record.order_id:08d}"
                price = decimal(record.traded_price)
                self.model.fill(record.order_id, name, price, record.traded_volume, None)

    def hear_order(self, record):
        model, number, status = self.model, record.order_id, record.order_status
        kind, pool = base_type(record.order_type)
        if status == c.ORDER_JUNK:
            return
        if kind in (30, 32):
            assert status == c.ORDER_SUCCEEDED
            if kind == 30:
                model.direct_return(
                    record.stock_code, record.order_volume, pool, record.order_remark
                )
            else:
                model.direct_repay(record.order_volume, pool, record.order_remark)
        elif status == c.ORDER_REPORTED and number not in model.orders:
            rules = self.market.rules(record.stock_code)
            price = decimal(record.price)
            if record.price_type != 50:
                price = decimal((rules.up if kind in (23, 27, 29) else rules.down) / YUAN)
            held = max(price, decimal(self.bids[record.stock_code])) if kind == 28 else price
            fund = self.fund[record.stock_code]
            order = SlowCreditOrder(
                kind, pool, record.stock_code, price, held, record.order_volume, fund,
                record.order_remark,
            )  # fmt: skip
            model.accept(number, order)
        elif status in (c.ORDER_CANCELED, c.ORDER_PART_CANCEL):
            model.end(number)
        elif status in (c.ORDER_REPORTED, c.ORDER_PART_SUCC) and record.price_type != 50:
            order = model.orders[number]
            if order.buy and record.price:
                order.hold_price = min(order.hold_price, decimal(record.price))

    # -- doing ---------------------------------------------------------------------------

    def step(self, step):
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_order(self, kind, code, volume, offset, price_kind, name):
        rules = self.market.rules(code)
        base, _ = base_type(kind)
        price = (self.market.last_price(code) // rules.tick + offset) * rules.tick
        price_type = c.FIX_PRICE
        if price_kind < 3:
            price_type = MARKET_TYPES[code[-2:]][price_kind]
        elif price_kind == 3:
            price_type = c.LATEST_PRICE
        if base in (30, 32) and price_kind:
            price_type = c.FIX_PRICE
        contracts = self.model.contracts
        remark = contracts[name % len(contracts)].number if contracts and name % 3 == 0 else ""
        price = price if price_type == c.FIX_PRICE else 0
        self.bids = {each: self.market.book(each).best_bid / YUAN for each in CODES}
        foreseen = self.foresee(kind, code, volume, price_type, price)
        before, model = self.state(), self.claims(base, code)
        number = self.order(kind, code, volume, price / YUAN, price_type=price_type, remark=remark)
        refused = self.reply.error_id
        if refused:
            assert isinstance(foreseen, Refused)
            assert int(foreseen.code) == refused
            assert self.state() == before
            assert self.record(number).order_status == c.ORDER_JUNK
            self.check_reason(refused, model, base, code, price, volume)
        else:
            assert not isinstance(foreseen, Refused), foreseen
            self.check_outcome(foreseen, before[2], number)

    def do_other(self, who, buy, code, volume, offset):
        rules = self.market.rules(code)
        price = (self.market.last_price(code) // rules.tick + offset) * rules.tick
        volume = max(volume // 100, 2) * 100
        self.order(c.STOCK_BUY if buy else c.STOCK_SELL, code, volume, price / YUAN, account=who)

    def do_above(self, kind, code, volume):
        """Bob bids above the last price, and Mary sells short at the last price."""
        self.do_other(BOB, True, code, volume, 1)
        self.do_order(kind, code, 1_000, 0, 8, 1)

    def do_drift(self, code, percent):
        """Cat takes Bob's price: the mark moves as far as the cage lets it in some steps."""
        rules = self.market.rules(code)
        for _ in range(abs(percent) // 2):
            last = self.market.last_price(code)
            price = last * (100 + (2 if percent > 0 else -2)) // 100 // rules.tick * rules.tick
            up = percent > 0
            self.order(c.STOCK_SELL if up else c.STOCK_BUY, code, 200, price / YUAN, account=BOB)
            self.order(c.STOCK_BUY if up else c.STOCK_SELL, code, 200, price / YUAN, account=CAT)
        self.advance(SECOND)

    def do_cancel(self, index):
        known = list(self.model.orders)
        if known:
            self.cancel(known[index % len(known)])

    def do_special(self, code, volume):
        model = self.model
        if volume > 0:
            self.books.lend_special(code, volume)
            model.special[code] += volume
            return
        fits = -volume <= model.lendable(code, True)
        try:
            self.books.take_back_special(code, -volume)
            model.special[code] += volume
            assert fits
        except Refused:
            assert not fits

    def do_charge(self):
        self.books.charge(12_345_600)
        self.model.other += Decimal("1234.56")

    def do_roll(self):
        self.advance(DAY)

    # -- judging -------------------------------------------------------------------------

    def foresee(self, kind, code, volume, price_type, price):
        """What the rules say from the records of the queries alone."""
        detail, book = self.detail(), self.market.book(code)
        room = Room.of(
            code,
            kind,
            self.ask("query_stock_positions"),
            self.compacts(),
            self.ask("query_credit_slo_code"),
            self.ask("query_stock_orders", cancelable_only=True),
            detail,
        )
        self.due_before = room.due
        try:
            return credit_rules(self.market.day(), TERMS).verdict(
                self.market.rules(code),
                kind,
                price_type,
                volume,
                price,
                funds=Funds.of(detail),
                room=room,
                bid=book.best_bid,
                ask=book.best_ask,
                last=self.market.last_price(code),
            )
        except Refused as refusal:
            return refusal

    def check_outcome(self, verdict, before, number):
        """What was foreseen of money, margin, quota and ratio, where nothing is filled yet."""
        funds, kind = Funds.of(before), verdict.order_type
        code = self.record(number).stock_code
        due = self.due_before if kind == 32 else 0
        last = self.market.last_price(code)
        outcome = credit_rules(self.market.day(), TERMS).outcome(verdict, funds, last, due)
        after = self.detail()
        assert outcome.ratio_before == round(before.m_dPerAssurescaleValue * 100)
        if kind == 32 or (kind == 30 and after.m_dSloFee == before.m_dSloFee):
            assert outcome.ratio_after == round(after.m_dPerAssurescaleValue * 100)
        elif self.is_waiting(self.record(number)):
            now = Funds.of(after)
            assert (outcome.cash_after, outcome.margin_after) == (now.cash, now.margin)
            quota = now.slo_quota if kind == 28 else now.fin_quota
            assert outcome.quota_after == quota
            assert now.proceeds == funds.proceeds - verdict.proceeds

    def is_waiting(self, order):
        """A limit order without a fill: a market order that rests holds less than foreseen."""
        return order.order_status == c.ORDER_REPORTED and order.price_type == 50

    def prices(self):
        return {code: Decimal(self.market.last_price(code)) / YUAN for code in CODES}

    def claims(self, base, code):
        """What the model knows just before an order, for checking reasons."""
        last, model = self.prices(), self.model
        quota = model.slo_max if base == 28 else model.fin_max
        return {
            "margin": model.margin(last),
            "ratio": model.ratio(last),
            "quota": quota - model.used_quota(base == 28),
            "last": last[code],
            "cash": model.free,
            "short": model.owed(code, False) + model.owed(code, True),
        }

    def check_reason(self, refused, known, base, code, price, volume):
        amount = Decimal(price) / YUAN * volume
        if refused == RefusalCode.UPTICK:
            assert base == 28 or (base in (24, 31) and known["short"])
            assert Decimal(price) / YUAN < known["last"]
        elif refused == RefusalCode.MARGIN_CALL:
            assert known["ratio"] < 150
        elif price and base in (27, 28):
            held = max(amount, Decimal(str(self.bids[code])) * volume if base == 28 else amount)
            cost = fees(held, buy=base == 27, fund=self.fund[code])
            if refused == RefusalCode.MARGIN:
                assert held + cost > known["margin"]
            elif refused == RefusalCode.QUOTA:
                assert held > known["quota"]
            elif refused == RefusalCode.CASH:
                assert cost > known["cash"]

    def check(self):
        model, last = self.model, self.prices()
        asset, detail = self.asset(), self.detail()
        value = sum(volume * last[code] for code, volume in model.shares.items())
        held = model.held("cash_held") + model.held("proceeds_held")
        assert decimal(asset.cash) == decimal(detail.m_dAvailable) == model.free
        assert decimal(asset.frozen_cash) == decimal(detail.m_dFrozenCash) == held
        assert decimal(asset.market_value) == decimal(detail.m_dMarketValue) == value
        assert decimal(asset.total_asset) == model.assets(last) == decimal(detail.m_dBalance)
        assert model.assets(last) == model.free + held + value + model.free_proceeds
        assert decimal(asset.fetch_balance) == decimal(detail.m_dFetchBalance) <= model.free
        self.check_debts(detail, last)
        self.check_rows(last)
        for amount in (model.free, model.free_proceeds, held, model.other):
            assert amount >= 0
        assert asset.fetch_balance >= 0
        shares, money, lent = self.begun
        assert self.money() == money + model.lent_in - lent
        for code in CODES:
            owned = sum(self.volume(code, who) for who in (BOB, CAT, MARY))
            borrowed = model.owed(code, False) + model.owed(code, True)
            assert owned - borrowed == 2_000_000 + shares[code] - self.owed_first[code]

    def volume(self, code, who):
        rows = self.ask("query_stock_position", who, stock_code=code)
        return rows[0].volume if rows else 0

    def check_debts(self, detail, last):
        model = self.model
        principal = sum((one.left for one in model.contracts if not one.short), Decimal(0))
        short = model.short_value(last)
        assert decimal(detail.m_dTotalDebt) == model.debt(last)
        assert decimal(detail.m_dAssureAsset) == model.assets(last) - model.debt(last)
        assert decimal(detail.m_dEnableBailBalance) == model.margin(last)
        assert decimal(detail.m_dPerAssurescaleValue) == model.ratio(last)
        assert decimal(detail.m_dFinDealAvl) == principal
        assert decimal(detail.m_dFinFee) == model.interest(False)
        assert decimal(detail.m_dFinDebt) == principal + model.interest(False)
        assert decimal(detail.m_dSloMarketValue) == short
        assert decimal(detail.m_dSloDebt) == short + model.interest(True)
        assert decimal(detail.m_dSloFee) == model.interest(True)
        assert decimal(detail.m_dOtherFare) == model.other
        assert decimal(detail.m_dSurplusSloSellBalance) == model.free_proceeds
        assert decimal(detail.m_dSloSellBalance) == max(model.locked, model.short_cash)
        assert decimal(detail.m_dSloSellBalance) == decimal(detail.m_dUsedSloSellBalance) + decimal(
            detail.m_dSurplusSloSellBalance
        )
        for short_side, enable, used in (
            (False, detail.m_dFinEnableQuota, detail.m_dFinUsedQuota),
            (True, detail.m_dSloEnableQuota, detail.m_dSloUsedQuota),
        ):
            most = model.slo_max if short_side else model.fin_max
            assert decimal(used) == model.used_quota(short_side)
            assert decimal(enable) == most - model.used_quota(short_side) >= 0

    def check_rows(self, last):
        model = self.model
        rows = self.compacts()
        assert [row.compact_id for row in rows] == [one.number for one in model.contracts]
        for row, one in zip(rows, model.contracts, strict=True):
            assert row.business_vol == one.volume
            assert 0 <= row.real_compact_vol == one.shares <= one.volume
            assert decimal(row.business_balance) == one.amount
            assert 0 <= decimal(row.real_compact_balance) == one.left <= one.amount
            assert decimal(row.repaid_balance) == one.amount - one.left
            assert decimal(row.businessFare) == one.fare
            assert 0 <= decimal(row.real_compact_fare) == one.fare_left <= one.fare
            assert decimal(row.repaid_fare) == one.fare - one.fare_left
        for row in self.ask("query_credit_slo_code"):
            code = next(code for code in CODES if code.startswith(row.instrument_id))
            assert row.enable_amount == model.lendable(code, row.cashgroup_prop == 49) >= 0
        for position in self.ask("query_stock_positions"):
            code = position.stock_code
            assert position.volume == model.shares[code]
            assert position.frozen_volume == model.frozen_shares(code)
            assert min(position.can_use_volume, position.frozen_volume) >= 0


@settings(max_examples=200, deadline=None)
@given(opening=openings, steps=steps)
def test_no_sequence_of_requests_parts_a_margin_account_from_the_slow_model(opening, steps):
    floor = Floor(opening)
    floor.check()
    for step in steps:
        floor.step(step)
        floor.check()


@pytest.mark.parametrize("opening", ["healthy", "thin"])
@pytest.mark.parametrize("seed", range(12))
def test_a_long_walk_never_parts_a_margin_account_from_the_slow_model(opening, seed):
    chance = Random(seed)
    floor = Floor(opening)

    for _ in range(150):
        floor.step(likely(floor, chance))
        floor.check()
