"""A margin account to begin with: cash, collateral and debts that are some days old.

The demo's account 1208970161 is the one of the manual's credit examples. Everything
in it is ours and stands for nobody's account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from xtnb.rules.collateral import WHOLE, CreditSettings
from xtnb.terminal.accounts.credit import CreditAccountBooks
from xtnb.terminal.accounts.orders import Floor
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.money import YUAN, to_fen

DEMO_CREDIT_ACCOUNT = "1208970161"


@dataclass(frozen=True, slots=True)
class OpeningDebt:
    """A debt contract to begin with.

    Attributes:
        stock_code: what was bought on margin or sold short.
        short: sold short.
        volume: shares; what was bought on margin is held on top of the positions.
        price_percent: at what percentage of the first reference price.
        days_ago: when; interest has run since.
        special: of the special pool.
    """

    stock_code: str
    short: bool
    volume: int
    price_percent: int = 100
    days_ago: int = 10
    special: bool = False


@dataclass(frozen=True, slots=True)
class OpeningCredit:
    """A margin account to begin with.

    Attributes:
        account_id: its number; cash: 1e-4 yuan.
        positions: collateral.
        debts: open contracts, oldest first.
        special: shares in the special pool, by code.
        settings: what the broker agrees.
    """

    account_id: str
    cash: int
    positions: tuple[OpeningPosition, ...] = ()
    debts: tuple[OpeningDebt, ...] = ()
    special: tuple[tuple[str, int], ...] = ()
    settings: CreditSettings = CreditSettings()  # noqa: RUF009 - frozen


def demo_credit() -> OpeningCredit:
    """The demo's margin account: collateral, one margin purchase and one short sale."""
    return OpeningCredit(
        DEMO_CREDIT_ACCOUNT,
        300_000 * YUAN,
        (
            OpeningPosition("600036.SH", 6_000, 0, 96),
            OpeningPosition("000858.SZ", 1_500, 500, 103),
            OpeningPosition("510300.SH", 40_000, 0, 98),
        ),
        (
            OpeningDebt("601318.SH", False, 3_000, 97, 24),
            OpeningDebt("600519.SH", True, 100, 102, 9),
        ),
        (("600276.SH", 5_000),),
    )


def open_credit(opening: OpeningCredit, floor: Floor) -> CreditAccountBooks:
    """The books of a margin account; codes that the market does not have are left out."""
    books = CreditAccountBooks(opening.account_id, opening.cash, floor, opening.settings)
    books.begin(opening.positions)
    traded = books.market.instruments
    for number, debt in enumerate(opening.debts, 1):
        if debt.stock_code in traded:
            _borrowed(books, number, debt)
    for code, volume in opening.special:
        if code in traded:
            books.lend_special(code, volume)
    books.lines.follow()
    return books


def _borrowed(books: CreditAccountBooks, number: int, debt: OpeningDebt) -> None:
    settings = books.settings
    instrument = books.market.instruments[debt.stock_code]
    price = instrument.reference * debt.price_percent // 100
    opened = books.market.day() - timedelta(days=debt.days_ago)
    rules = books.rules
    contract = books.debts.open(
        f"{opened:%Y%m%d}{number:08d}",
        debt.stock_code,
        debt.short,
        debt.special,
        rules.slo_ratio if debt.short else rules.fin_ratio,
        opened,
        settings.tenor_days,
    )
    amount = price * debt.volume
    contract.grow(debt.volume, amount, amount if debt.short else 0)
    rate = settings.slo_rate if debt.short else settings.fin_rate
    interest = to_fen(amount * rate, WHOLE * settings.interest_days) * debt.days_ago
    contract.fare = contract.fare_left = interest
    if debt.short:
        books.ledger.receive(amount)
        if debt.special:
            books.lend_special(debt.stock_code, debt.volume)
        return
    holding = books.holdings.get(debt.stock_code)
    if holding is None:
        holding = books.open_holding(debt.stock_code, instrument.name)
    holding.buy(debt.volume, amount, 0, True, f"{opened:%Y%m%d}")
    holding.yesterday = holding.volume
