"""Random borrowing: contracts, sources, fees and the special pool agree with a slow model.

One margin account borrows, sells short, buys back, returns, renews, withdraws and
repays, in any order over many days. The model says beforehand whether a request
succeeds; after each one every contract, every source, the fees and the pool are the
model's, to the fen; a request that failed has changed nothing.
"""

from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.credit_floor import PINGAN, PUFA
from tests.terminal.lending_floor import BACK, SHORT, LendingFloor
from tests.terminal.slow_lending import SlowLending, day_of
from xtnb import xtconstant as c

CODES = (PUFA, PINGAN)
codes = st.sampled_from(CODES)
which = st.integers(0, 5)
volumes = st.integers(1, 30).map(lambda lots: lots * 100)
odd = volumes | st.integers(1, 3_000)
rates = st.sampled_from([Decimal(text) for text in ("0.0500", "0.0650", "0.0800", "0.1225")])
terms = st.sampled_from([1, 1, 2, 3, 7, 14, 29, 200])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("borrow"), st.sampled_from(("", "G01", "G02")), codes, terms, odd, rates),
        st.tuples(st.just("borrow"), st.just("G01"), codes, terms, volumes, rates),
        st.tuples(st.just("appoint"), codes, terms, volumes, rates),
        st.tuples(st.just("return"), which, odd),
        st.tuples(st.just("renew"), which, terms, odd, rates),
        st.tuples(st.just("withdraw"), which),
        st.tuples(st.just("short"), codes, volumes),
        st.tuples(st.just("back"), codes, volumes),
        st.tuples(st.just("repay"), st.integers(1, 40)),
        st.just(("day",)),
        st.just(("day",)),
    ),
    max_size=30,
)


def exact(amount):
    return Decimal(str(round(amount, 4)))


class Watched(LendingFloor):
    """The floor, and the model that watches it."""

    def __init__(self, cash):
        super().__init__(cash=cash, codes=CODES)
        self.model = SlowLending(CODES, date(2026, 11, 20))
        self.apply_ids = []
        self.made = 0

    @property
    def cash(self):
        return exact((self.books.cash.available + self.books.ledger.proceeds) / 10_000)

    def price(self, code):
        return exact(self.last(code))

    def new_number(self):
        """Numbers of contracts rise as they are made; the model's need only do the same."""
        self.made += 1
        return f"{self.made:06d}"

    def picked(self, index):
        """A contract of the model and its number at the terminal, if there is one."""
        contracts = self.model.contracts
        if not contracts:
            return None, None
        index %= len(contracts)
        return contracts[index], self.contracts()[index].cashcompactId

    def do(self, step):
        what, *rest = step
        before = self.contracts(), self.quotes(), self.fees(), self.asset()
        expected = getattr(self, f"do_{what}")(*rest)
        if expected is not None:
            assert self.reply.value[0] is expected, (step, self.reply)
            if not expected:
                assert self.reply.value[2] == "-1"
                assert (self.contracts(), self.quotes(), self.fees(), self.asset()) == before
        self.check()

    def do_borrow(self, group, code, days, volume, rate):
        model = self.model
        offer = model.offer_for("1", group, code, days, volume, rate)
        asked = self.negotiate(volume, days, float(rate), code, group)
        if offer is None or volume % 100:
            return False
        model.lend(offer, asked[2], days, self.price(code), volume, rate, self.new_number())
        self.apply_ids.append(asked[2])
        return True

    def do_appoint(self, code, days, volume, rate):
        offer = self.model.offer_for("2", "", code, days, volume, rate)
        asked = self.appoint(volume, days, float(rate), code)
        if offer is None:
            return False
        self.model.waiting.append((offer, asked[2], days, volume, rate))
        self.apply_ids.append(asked[2])
        return True

    def do_return(self, index, volume):
        one, number = self.picked(index)
        if one is None:
            return None
        possible, cash = self.model.may_return(one, volume), self.cash
        self.give_back(number, volume, one.code)
        if possible:
            self.model.give_back(one, volume, self.model.day, cash)
        return possible

    def do_renew(self, index, days, volume, rate):
        one, number = self.picked(index)
        if one is None:
            return None
        possible = self.model.may_renew(one, days, volume, rate)
        asked = self.renew(number, volume, days, float(rate), one.code)
        if possible:
            one.wish, one.review = (asked[2], days, volume, rate), "0"
            self.apply_ids.append(asked[2])
        return possible

    def do_withdraw(self, index):
        if not self.apply_ids:
            return None
        apply_id = self.apply_ids[index % len(self.apply_ids)]
        possible = self.withdrawn(apply_id)
        self.withdraw(apply_id)
        return possible

    def withdrawn(self, apply_id):
        model = self.model
        for waiting in model.waiting:
            if waiting[1] == apply_id:
                model.waiting.remove(waiting)
                return True
        for one in model.contracts:
            if one.wish and one.wish[0] == apply_id:
                one.wish, one.review = None, "2"
                return True
        for one in model.contracts:
            if one.apply_id == apply_id and model.may_void(one):
                model.void(one)
                return True
        return False

    def do_short(self, code, volume):
        possible = volume <= self.model.pool(code)
        number = self.order(SHORT, code, volume, self.last(code))
        if self.record(number).order_status == c.ORDER_JUNK:
            assert not possible or "LENDABLE" not in self.record(number).status_msg
            return
        assert possible
        self.order(c.STOCK_BUY, code, volume, self.last(code), account="1002")
        self.model.short[code] += volume

    def do_back(self, code, volume):
        number = self.order(BACK, code, volume, self.last(code))
        if self.record(number).order_status == c.ORDER_JUNK:
            return
        self.order(c.STOCK_SELL, code, volume, self.last(code), account="1002")
        back = min(volume, self.model.short[code])
        self.model.short[code] -= back

    def do_repay(self, amount):
        fees = self.fees()
        self.order(c.CREDIT_DIRECT_CASH_REPAY, "", amount, 0.0)
        self.model.repaid(exact(fees - self.fees()))
        assert exact(self.fees()) == max(exact(fees) - amount, 0) or self.fees() == fees

    def do_day(self):
        cash = self.cash
        prices = {code: self.price(code) for code in CODES}
        self.next_day()
        self.model.turn(cash, prices, self.new_number)

    def check(self):
        model = self.model
        assert exact(self.fees()) == model.fees
        quotes = self.quotes()
        assert {key: quotes[key] for key in model.left} == model.left
        for code in CODES:
            assert self.pool(code) == model.pool(code) >= 0
        rows, used = self.contracts(), model.used()
        assert len(rows) == len(model.contracts)
        for row, one in zip(rows, model.contracts, strict=True):
            assert row.beginCompacAmount == one.begin == one.open + one.returned + one.renewed
            assert (row.compacAmount, row.returnAmount) == (one.open, one.returned)
            assert row.usedAmount == used[one]
            assert (row.code, row.srcGroupId) == (one.code, one.offer["group"])
            assert exact(row.compactInterestx) == one.interest + one.fine
            assert exact(row.repaidInterest + row.repaidFineInterest) == one.paid
            assert exact(row.compactInterest + row.compactFineInterest) == one.owed
            assert row.compactStatus == one.status(model.day)
            assert (row.postponeStatus, row.postponeTimes) == (one.review, one.times)
            assert day_of(row.validDate) == one.due
            assert exact(row.usedRate) == one.rates[0]
            assert exact(row.unUsedRate) == one.rates[1]


def likely(floor, chance):
    """A step that has a good chance to be carried out."""
    model, what = floor.model, chance.random()
    code, rate = chance.choice(CODES), Decimal(chance.choice(("0.0800", "0.1225")))
    volume = chance.randrange(1, 20) * 100
    if what < 0.12 or not model.contracts:
        return "borrow", "G01", code, chance.randrange(1, 4), volume, rate
    if what < 0.18:
        return "appoint", code, chance.choice((7, 14)), volume, rate
    if what < 0.38:
        index = chance.randrange(len(model.contracts))
        one = model.contracts[index]
        volume = chance.choice((one.open, min(one.open, model.pool(one.code)), 100))
        return (
            ("return", index, volume or 100)
            if what < 0.28
            else ("renew", index, 2, volume or 100, rate)
        )
    if what < 0.43:
        return "withdraw", chance.choice((len(floor.apply_ids) - 1, chance.randrange(9)))
    if what < 0.60:
        return "short", code, max(100, min(volume, model.pool(code) // 100 * 100))
    if what < 0.70:
        return "back", code, max(100, min(volume, model.short[code]))
    if what < 0.76:
        return "repay", chance.randrange(1, 20)
    return ("day",)


@settings(max_examples=40, deadline=None)
@given(cash=st.sampled_from((400_000, 30_000, 5)), seed=st.integers(0, 2**32))
def test_a_long_likely_story_agrees_with_the_slow_model(cash, seed):
    floor, chance = Watched(cash), Random(seed)
    for _ in range(40):
        floor.do(likely(floor, chance))


@settings(max_examples=60, deadline=None)
@given(cash=st.sampled_from((400_000, 30_000, 5)), moves=steps)
def test_any_sequence_of_borrowing_agrees_with_the_slow_model(cash, moves):
    floor = Watched(cash)
    for step in moves:
        floor.do(step)


def test_a_long_plain_story_agrees_with_the_slow_model():
    floor = Watched(400_000)
    rate = Decimal("0.0800")
    story = [
        ("borrow", "G01", PUFA, 3, 2_000, rate),
        ("borrow", "G02", PINGAN, 7, 1_000, rate),
        ("appoint", PUFA, 14, 1_500, rate),
        ("short", PUFA, 1_200),
        ("short", PINGAN, 1_000),
        ("day",),
        ("renew", 0, 2, 500, Decimal("0.1225")),
        ("day",),
        ("return", 0, 300),
        ("day",),
        ("day",),
        ("day",),
        ("repay", 3),
        ("back", PUFA, 1_200),
        ("day",),
        ("day",),
        ("day",),
        ("day",),
        ("back", PINGAN, 1_000),
        ("day",),
        ("day",),
    ]
    for step in story:
        floor.do(step)

    states = {row.compactStatus for row in floor.contracts()}
    assert states <= {"0", "1", "3", "4"}
    assert floor.books.debts.shares_owed(PUFA, True) == 0
