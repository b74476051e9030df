"""Borrowing securities by appointment, for the margin accounts of a terminal. 约券

Inventory securities (申请方式 "1") are lent at once, earmarked ones ("2") with the next
day, as far as the source still has them. What is lent lies in the special pool of the
account: the special forms (41 and so on) can sell it short, and nothing else can. It can
be returned as long as it is not sold short; whose contract it is does not matter then.

At the turn of the day the interest of the day that ends is reckoned and becomes a fee
that the account owes, wishes to renew are reviewed, and of contracts that are due what
lies unused goes back by itself. A return pays what its contract owes, out of short
proceeds and own cash; what these do not cover stays a fee, which direct repayment (32)
pays too. Rates and figures: rules/lending.py.

The manual names the calls, the fields and the states of contracts; how it all goes,
and the states of applications ("0" waits, "1" lent, "2" withdrawn, "3" refused), are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.rules.lending import (
    EARMARKED,
    INVENTORY,
    Offer,
    Terms,
    applied,
    check_part,
    no_contract,
    offers,
    rate_of,
    renewed,
)
from xtnb.terminal.accounts.credit import CreditAccountBooks
from xtnb.terminal.accounts.orders import Books, Floor
from xtnb.terminal.clock import local
from xtnb.terminal.ledgers.lending import Lendings, Lent, Renewal
from xtnb.terminal.lending_records import Application, compact, order, quoter
from xtnb.terminal.queries import Accounts, no_account
from xtnb.vocabulary.messages import PushKind, Reply, Request

Answer = tuple[bool, str, str]
_WAITS, _LENT, _WITHDRAWN, _REFUSED = "0", "1", "2", "3"
OPENING_DAYS = 28  # term of what an account has borrowed to begin with; ours


@dataclass(slots=True)
class Borrower:
    """What one account has borrowed and applied for."""

    books: CreditAccountBooks
    lendings: Lendings = field(default_factory=Lendings)
    applications: dict[str, Application] = field(default_factory=dict)


class LendingDesk:
    """Answers the requests about borrowed securities for all accounts of a terminal.

    Attributes:
        left: shares that each offer still has, by source group and code.
    """

    def __init__(self, accounts: Accounts, floor: Floor) -> None:
        self._accounts = accounts
        self._floor = floor
        self._market = floor.market
        self._borrowers: dict[str, Borrower] = {}
        self._offers = {
            (offer.group, offer.code): offer
            for offer in offers()
            if offer.code in self._market.instruments
        }
        self.left = {key: offer.volume for key, offer in self._offers.items()}
        self._last_application = self._last_contract = 0

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The methods by the names of the API."""
        changes: dict[str, Callable[[Borrower, Mapping[str, Any]], Answer]] = {
            "smt_negotiate_order": self._negotiate,
            "smt_appointment_order": self._appoint,
            "smt_appointment_cancel": self._withdraw,
            "smt_compact_renewal": self._renew,
            "smt_compact_return": self._return,
        }
        return {
            "smt_query_quoter": self._query(self._quotes),
            "smt_query_order": self._query(self._orders),
            "smt_query_compact": self._query(self._compacts),
            **{name: self._change(change) for name, change in changes.items()},
        }

    # -- whose -----------------------------------------------------------------------------

    def _borrower(self, request: Request) -> Borrower:
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            raise no_account(request)
        return self.borrower(books)

    def borrower(self, books: Books) -> Borrower:
        """What an account has borrowed. Raises Refused for one that is no margin account."""
        if not isinstance(books, CreditAccountBooks):
            raise Refused(
                RefusalCode.NOT_ELIGIBLE,
                "约券只用于信用账户",
                "only a margin account can borrow securities",
            )
        found = self._borrowers.get(books.account_id)
        if found is None:
            found = self._borrowers[books.account_id] = Borrower(books)
        self._follow(found)
        return found

    def _query(self, rows: Callable[[Borrower], list[Any]]) -> Callable[[Request], Reply]:
        return lambda request: Reply(request.seq, rows(self._borrower(request)))

    def _change(
        self, change: Callable[[Borrower, Mapping[str, Any]], Answer]
    ) -> Callable[[Request], Reply]:
        def call(request: Request) -> Reply:
            try:
                return Reply(request.seq, change(self._borrower(request), request.arguments))
            except Refused as refusal:
                text, code = str(refusal), int(refusal.code)
            except InputError as wrong:
                text, code = str(wrong), 0
            return Reply(request.seq, (False, text, "-1"), text, code)

        return call

    def begin(self, books: Books) -> None:
        """Put what lies in the special pool of a new margin account under contracts of today.

        Each is of the first source that lends the security for `OPENING_DAYS`; what no
        source has stays without one. Other accounts are left as they are.
        """
        if not isinstance(books, CreditAccountBooks):
            return
        borrower = self.borrower(books)
        for code, volume in books.ledger.lent.items():
            for key, offer in self._offers.items():
                if (
                    offer.code == code
                    and offer.least_days <= OPENING_DAYS <= offer.days
                    and volume <= self.left[key]
                ):
                    terms = offer.terms
                    made = self._enter(borrower, offer, terms, OPENING_DAYS, volume)
                    self._contract_of(borrower, made, self._market.day())
                    break

    # -- queries ---------------------------------------------------------------------------

    def _quotes(self, borrower: Borrower) -> list[Any]:
        day, instruments = self._market.day(), self._market.instruments
        return [
            quoter(offer, self.left[key], instruments[offer.code], day)
            for key, offer in self._offers.items()
        ]

    def _orders(self, borrower: Borrower) -> list[Any]:
        now, instruments = local(self._market.now()), self._market.instruments
        return [
            order(application, instruments[application.code], now)
            for application in borrower.applications.values()
        ]

    def _compacts(self, borrower: Borrower) -> list[Any]:
        day, instruments = self._market.day(), self._market.instruments
        used = borrower.lendings.used(_sold_short(borrower))
        return [
            compact(lent, used.get(lent.number, 0), instruments[lent.offer.code], day)
            for lent in borrower.lendings.contracts.values()
        ]

    # -- applications ----------------------------------------------------------------------

    def _negotiate(self, borrower: Borrower, wanted: Mapping[str, Any]) -> Answer:
        more = {
            name: rate_of(wanted["dict_param"][given], given)
            for given, name in (("subFareRate", "early"), ("fineRate", "fine"))
            if given in wanted["dict_param"]
        }
        application = self._applied(borrower, wanted, INVENTORY, wanted["src_group_id"], more)
        self._lend(borrower, application, self._market.day())
        return True, "约券成功 / borrowed", application.apply_id

    def _appoint(self, borrower: Borrower, wanted: Mapping[str, Any]) -> Answer:
        application = self._applied(borrower, wanted, EARMARKED, "", {})
        return True, "已申请 / applied for the next day", application.apply_id

    def _applied(
        self,
        borrower: Borrower,
        wanted: Mapping[str, Any],
        mode: str,
        group: str,
        more: Mapping[str, int],
    ) -> Application:
        code, volume, days = wanted["order_code"], wanted["amount"], wanted["date"]
        rate = rate_of(wanted["apply_rate"])
        found = [
            (offer, self.left[key])
            for key, offer in self._offers.items()
            if offer.code == code and offer.mode == mode and group in ("", offer.group)
        ]
        offer, terms = applied(found, days, volume, rate, more)
        return self._enter(borrower, offer, terms, days, volume)

    def _enter(
        self, borrower: Borrower, offer: Offer, terms: Terms, days: int, volume: int
    ) -> Application:
        number = self._application_number()
        price, now = self._market.last_price(offer.code), local(self._market.now())
        application = Application(number, offer, terms, days, volume, price, now)
        borrower.applications[number] = application
        return application

    def _lend(self, borrower: Borrower, application: Application, day: date) -> None:
        """Lend what an application wants: a contract, and shares in the special pool."""
        self._contract_of(borrower, application, day)
        borrower.books.lend_special(application.code, application.volume)

    def _contract_of(self, borrower: Borrower, application: Application, day: date) -> None:
        """Make the contract of an application."""
        offer, volume = application.offer, application.volume
        price = self._market.last_price(offer.code)
        number = self._contract_number()
        self.left[offer.group, offer.code] -= volume
        borrower.lendings.add(
            Lent(
                number,
                application.apply_id,
                offer,
                application.terms,
                day,
                day + timedelta(days=application.days),
                price,
                volume,
                volume,
            )
        )
        application.status, application.contract = _LENT, number
        application.dealt, application.price = volume, price

    def _withdraw(self, borrower: Borrower, wanted: Mapping[str, Any]) -> Answer:
        """Withdraw what waits, or undo a contract that was made today and lies untouched."""
        number, lendings = wanted["apply_id"], borrower.lendings
        application = borrower.applications.get(number)
        if application is not None and application.status == _WAITS:
            application.status = _WITHDRAWN
            return True, "已撤销申请 / application withdrawn", number
        for lent in lendings.contracts.values():
            if lent.renewal is not None and lent.renewal.apply_id == number:
                lendings.withdraw(lent)
                return True, "已撤销展期 / renewal withdrawn", number
        if application is None or application.contract not in lendings.contracts:
            raise Refused(
                RefusalCode.UNKNOWN_ORDER,
                f"没有可撤的申请 {number}",
                f"there is no application {number} to withdraw",
            )
        self._void(borrower, lendings.contracts[application.contract])
        application.status, application.dealt = _WITHDRAWN, 0
        return True, "合约已作废 / contract void", number

    def _void(self, borrower: Borrower, lent: Lent) -> None:
        day, volume = self._market.day(), lent.open
        lent.check_untouched(day)
        self._take_back(borrower, lent.offer, volume)
        borrower.lendings.void(lent, day)

    # -- contracts -------------------------------------------------------------------------

    def _contract(
        self, borrower: Borrower, wanted: Mapping[str, Any], group: str, volume: int
    ) -> Lent:
        number, code = wanted["cash_compact_id"], wanted["order_code"]
        lent = borrower.lendings.contracts.get(number)
        if lent is None or lent.offer.code != code or group not in ("", lent.offer.group):
            raise no_contract(number, code)
        check_part(volume, lent.open)
        return lent

    def _renew(self, borrower: Borrower, wanted: Mapping[str, Any]) -> Answer:
        volume, days = wanted["defer_num"], wanted["defer_days"]
        lent = self._contract(borrower, wanted, "", volume)
        terms = renewed(lent.offer, lent.terms, days, volume, rate_of(wanted["apply_rate"]))
        number = self._application_number()
        borrower.lendings.wish(lent, Renewal(number, days, volume, terms), self._market.day())
        return True, "已申请展期 / renewal applied for", number

    def _return(self, borrower: Borrower, wanted: Mapping[str, Any]) -> Answer:
        volume = wanted["occur_amount"]
        lent = self._contract(borrower, wanted, wanted["src_group_id"], volume)
        lent.check_open(volume)
        self._give_back(borrower, lent, volume, self._market.day())
        return True, "已归还 / returned", lent.apply_id

    def _give_back(self, borrower: Borrower, lent: Lent, volume: int, day: date) -> None:
        """Shares go back to their source, and what the contract owes is paid."""
        books = borrower.books
        self._take_back(borrower, lent.offer, volume)
        charge = borrower.lendings.give_back(lent, volume, day)
        if charge:
            books.charge(charge)
        due = min(lent.owed, books.debts.other)
        paid = books.ledger.pay(due)
        books.debts.other -= paid
        lent.pay(paid)
        self._tell(books)

    def _take_back(self, borrower: Borrower, offer: Offer, volume: int) -> None:
        borrower.books.take_back_special(offer.code, volume)
        self.left[offer.group, offer.code] += volume

    # -- days ------------------------------------------------------------------------------

    def roll(self, old: date, new: date) -> None:
        """The day ends, after the accounts' own turn: interest, reviews, terms, waiting ones."""
        for borrower in self._borrowers.values():
            self._follow(borrower)
            self._accrue(borrower, old)
            self._review(borrower)
            self._end_terms(borrower, old)
            self._lend_waiting(borrower, new)

    def _follow(self, borrower: Borrower) -> None:
        """What direct repayment has paid of the fees since is paid in the contracts."""
        lendings = borrower.lendings
        repaid = lendings.owed - borrower.books.debts.other
        if repaid > 0:
            lendings.pay(repaid)

    def _accrue(self, borrower: Borrower, day: date) -> None:
        """Reckon the interest of a day; what ended before it is not shown any longer."""
        books = borrower.books
        borrower.lendings.forget(day)
        borrower.applications = {
            number: one
            for number, one in borrower.applications.items()
            if one.status == _WAITS or one.made.date() >= day
        }
        added = borrower.lendings.accrue(day, _sold_short(borrower))
        if added:
            books.charge(added)
            self._tell(books)

    def _review(self, borrower: Borrower) -> None:
        for lent in list(borrower.lendings.contracts.values()):
            if lent.renewal is not None:
                borrower.lendings.review(lent, self._contract_number())

    def _end_terms(self, borrower: Borrower, day: date) -> None:
        """Of contracts that are due, what nobody has sold short goes back by itself."""
        books = borrower.books
        for lent in list(borrower.lendings.contracts.values()):
            unused = min(lent.open, books.lendable(lent.offer.code, True))
            if lent.due <= day and unused:
                self._give_back(borrower, lent, unused, day)

    def _lend_waiting(self, borrower: Borrower, day: date) -> None:
        for application in borrower.applications.values():
            if application.status == _WAITS:
                offer = application.offer
                if self.left[offer.group, offer.code] >= application.volume:
                    self._lend(borrower, application, day)
                else:
                    application.status = _REFUSED

    def _tell(self, books: CreditAccountBooks) -> None:
        """The account's money or debts have changed."""
        self._floor.tell(PushKind.ASSET, books, books.asset())
        books.lines.follow()

    # -- numbers ---------------------------------------------------------------------------

    def _application_number(self) -> str:
        self._last_application += 1
        return f"{self._floor.day}{self._last_application:06d}"

    def _contract_number(self) -> str:
        self._last_contract += 1
        return f"C{self._floor.day}{self._last_contract:06d}"


def _sold_short(borrower: Borrower) -> dict[str, int]:
    """Shares of the special pool that are sold short, by code."""
    debts = borrower.books.debts
    codes = {lent.offer.code for lent in borrower.lendings.contracts.values()}
    return {code: debts.shares_owed(code, True) for code in sorted(codes)}
