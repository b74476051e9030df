"""Transfers of a paper terminal: between counters, nodes, banks and accounts. 资金划拨, 银证转账

Every account has an ordinary counter and a bank beside the counter that trades.
What a transfer moves is real: it is missing where it was. Only money that may be
withdrawn leaves the trading account, and only shares that may be sold.

The manual says which calls there are and what they return; what the other side
of them has, and the words of the answers, are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import CashShort, Refused, VolumeShort
from xtnb.terminal.accounts.orders import Books, Floor
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.clock import local
from xtnb.terminal.ledgers.elsewhere import Bank, Elsewhere, Shares
from xtnb.terminal.queries import Accounts, no_account
from xtnb.vocabulary.messages import PushKind, Reply, Request
from xtnb.vocabulary.money import YUAN, units
from xtnb.vocabulary.transfers import (
    BankAmount,
    BankInfo,
    BankTransferStream,
    ComFund,
    ComPosition,
    SecuAccount,
)

COUNTER_CASH = 200_000 * YUAN
COUNTER_SHARES = {"600036.SH": 1_000, "510300.SH": 5_000}
BANK_CASH = 500_000 * YUAN
BANK_PASSWORD = "123456"
_WITH_SHARES = frozenset({c.SECURITY_ACCOUNT, c.CREDIT_ACCOUNT})
_BANK = ("1001", "模拟银行")
_DONE = "划拨成功 / done"
_IN, _OUT = "1", "2"


def _refusal(text: str) -> tuple[bool, str]:
    return False, text


class TransferDesk:
    """Answers the requests about transfers for all accounts of a terminal."""

    def __init__(self, accounts: Accounts, floor: Floor) -> None:
        self._accounts = accounts
        self._floor = floor
        self._elsewhere: dict[tuple[int, str], Elsewhere] = {}
        self._streams: dict[tuple[int, str], list[BankTransferStream]] = {}

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The methods by the names of the API."""
        answers: dict[str, Callable[[Books, Mapping[str, Any]], Any]] = {
            "fund_transfer": self._fund_transfer,
            "secu_transfer": self._secu_transfer,
            "query_com_fund": self._com_fund,
            "query_com_position": self._com_positions,
            "bank_transfer_in": self._bank_in,
            "bank_transfer_out": self._bank_out,
            "query_bank_info": self._bank_info,
            "query_bank_amount": self._bank_amount,
            "query_bank_transfer_stream": self._bank_stream,
            "query_secu_account": self._secu_accounts,
        }
        calls: dict[str, Callable[[Request], Reply]] = {
            name: self._for_account(answer) for name, answer in answers.items()
        }
        calls["ctp_transfer_option_to_future"] = lambda request: self._ctp(request, True)
        calls["ctp_transfer_future_to_option"] = lambda request: self._ctp(request, False)
        return calls

    def _for_account(
        self, answer: Callable[[Books, Mapping[str, Any]], Any]
    ) -> Callable[[Request], Reply]:
        def call(request: Request) -> Reply:
            books = self._accounts.get((request.account_type, request.account_id))
            if books is None:
                raise no_account(request)
            try:
                return Reply(request.seq, answer(books, request.arguments))
            except Refused as refusal:
                return Reply(request.seq, (False, str(refusal)), str(refusal), int(refusal.code))

        return call

    def elsewhere(self, books: Books) -> Elsewhere:
        """What an account has outside its trading counter; the demo's, when first asked for."""
        key = books.account_type, books.account_id
        found = self._elsewhere.get(key)
        if found is None:
            found = self._elsewhere[key] = self._begin(books)
        return found

    def _begin(self, books: Books) -> Elsewhere:
        instruments = self._floor.market.instruments
        shares = {
            code: Shares(volume, volume * instruments[code].reference)
            for code, volume in COUNTER_SHARES.items()
            if code in instruments and books.account_type in _WITH_SHARES
        }
        number, name = _BANK
        bank = Bank(number, name, f"6222{books.account_id[-6:]:0>6}", BANK_PASSWORD, BANK_CASH)
        return Elsewhere(COUNTER_CASH, shares, 0, {number: bank})

    # -- the trading account -----------------------------------------------------------

    def _pay_in(self, books: Books, amount: int) -> None:
        books.move_cash(amount)
        self._floor.tell(PushKind.ASSET, books, books.asset())

    def _pay_out(self, books: Books, amount: int) -> None:
        free = round(books.asset().fetch_balance * YUAN)
        if amount > free:
            raise CashShort(wanted=amount, available=free)
        self._pay_in(books, -amount)

    # -- counters ------------------------------------------------------------------------

    def _fund_transfer(self, books: Books, wanted: Mapping[str, Any]) -> tuple[bool, str]:
        direction, amount = wanted["transfer_direction"], units(wanted["price"])
        beside = self.elsewhere(books)
        if direction == c.FUNDS_TRANSFER_NORMAL_TO_SPEED:
            beside.from_counter(amount)
            self._pay_in(books, amount)
        elif direction == c.FUNDS_TRANSFER_SPEED_TO_NORMAL:
            self._pay_out(books, amount)
            beside.counter += amount
        else:
            cash = round(books.asset().cash * YUAN)
            if direction == c.NODE_FUNDS_TRANSFER_SH_TO_SZ:
                beside.to_shenzhen(amount, cash)
            elif direction == c.NODE_FUNDS_TRANSFER_SZ_TO_SH:
                beside.to_shanghai(amount, cash)
            else:
                return _refusal(f"没有划拨方向 {direction} / there is no direction {direction}")
        return True, _DONE

    def _secu_transfer(self, books: Books, wanted: Mapping[str, Any]) -> tuple[bool, str]:
        if not isinstance(books, StockAccountBooks):
            return _refusal("该账户没有股份 / this account has no shares to move")
        code, volume = wanted["stock_code"], wanted["volume"]
        beside = self.elsewhere(books)
        instrument = self._floor.market.instruments.get(code)
        if instrument is None:
            return _refusal(f"没有证券代码 {code} / the market has no instrument {code}")
        there = beside.shares.setdefault(code, Shares())
        if wanted["transfer_direction"] == c.SECU_TRANSFER_NORMAL_TO_SPEED:
            cost = there.take(volume)
            held = books.holdings.get(code) or books.open_holding(code, instrument.name)
            held.take_in(volume, cost)
        else:
            found = books.holdings.get(code)
            free = books.may_leave(code)
            if found is None or volume > free:
                raise VolumeShort(wanted=volume, available=free)
            there.cost += found.give_out(volume)
            there.volume += volume
        self._floor.tell(PushKind.POSITION, books, books.position(code))
        self._floor.tell(PushKind.ASSET, books, books.asset())
        return True, _DONE

    def _com_fund(self, books: Books, wanted: Mapping[str, Any]) -> ComFund:
        beside = self.elsewhere(books)
        value = sum(self._last(code) * held.volume for code, held in beside.shares.items())
        cash = beside.counter / YUAN
        return ComFund(
            currentBalance=cash,
            enableBalance=cash,
            fetchBalance=cash,
            assetBalance=(beside.counter + value) / YUAN,
            fetchCash=cash,
            marketValue=value / YUAN,
        )

    def _com_positions(self, books: Books, wanted: Mapping[str, Any]) -> list[ComPosition]:
        beside = self.elsewhere(books)
        return [
            self._com_position(books, code, held)
            for code, held in beside.shares.items()
            if held.volume
        ]

    def _com_position(self, books: Books, code: str, held: Shares) -> ComPosition:
        last = self._last(code)
        value, digits = last * held.volume, code[:6]
        return ComPosition(
            stockAccount=self._holders(books).get(code[-2:], ""),
            exchangeType=code[-2:],
            stockCode=digits,
            stockName=self._floor.market.instruments[code].name,
            totalAmt=float(held.volume),
            enableAmount=float(held.volume),
            lastPrice=last / YUAN,
            costPrice=held.cost / held.volume / YUAN,
            income=(value - held.cost) / YUAN,
            incomeRate=(value - held.cost) / held.cost if held.cost else 0.0,
            marketValue=value / YUAN,
            costBalance=held.cost / YUAN,
            prEnableVol=held.volume,
            stockCode1=code,
        )

    def _last(self, code: str) -> int:
        return self._floor.market.last_price(code)

    # -- banks -------------------------------------------------------------------------------

    def _bank(self, books: Books, wanted: Mapping[str, Any]) -> Bank | str:
        bank = self.elsewhere(books).banks.get(wanted["bank_no"])
        if bank is None or wanted["bank_account"] != bank.account:
            shown = f"{wanted['bank_no']} {wanted['bank_account']}"
            return f"没有绑定银行账户 {shown} / no bank account {shown} is tied to this one"
        if wanted.get("bank_pwd") not in ("", None, bank.password):
            return "银行密码错误 / the bank's password is wrong"
        return bank

    def _bank_in(self, books: Books, wanted: Mapping[str, Any]) -> tuple[bool, str]:
        bank, amount = self._bank(books, wanted), units(wanted["balance"], "balance")
        if isinstance(bank, str):
            return _refusal(bank)
        bank.take(amount)
        self._pay_in(books, amount)
        self._note(books, bank, _IN, amount)
        return True, _DONE

    def _bank_out(self, books: Books, wanted: Mapping[str, Any]) -> tuple[bool, str]:
        bank, amount = self._bank(books, wanted), units(wanted["balance"], "balance")
        if isinstance(bank, str):
            return _refusal(bank)
        self._pay_out(books, amount)
        bank.balance += amount
        self._note(books, bank, _OUT, amount)
        return True, _DONE

    def _note(self, books: Books, bank: Bank, direction: str, amount: int) -> None:
        stream = self._streams.setdefault((books.account_type, books.account_id), [])
        now = local(self._floor.market.now())
        stream.append(
            BankTransferStream(
                True,
                "",
                now.strftime("%Y%m%d"),
                now.strftime("%H%M%S"),
                f"{len(stream) + 1:08d}",
                direction,
                bank.number,
                bank.name,
                bank.account,
                "CNY",
                books.account_id,
                amount / YUAN,
            )
        )

    def _bank_info(self, books: Books, wanted: Mapping[str, Any]) -> list[BankInfo]:
        banks = self.elsewhere(books).banks.values()
        return [BankInfo(True, "", "CNY", b.number, b.account, b.name) for b in banks]

    def _bank_amount(self, books: Books, wanted: Mapping[str, Any]) -> list[BankAmount]:
        bank = self._bank(books, wanted)
        if isinstance(bank, str):
            return [BankAmount(False, bank, books.account_id, wanted["bank_account"])]
        cash = bank.balance / YUAN
        return [BankAmount(True, "", books.account_id, bank.account, "CNY", cash, cash)]

    def _bank_stream(self, books: Books, wanted: Mapping[str, Any]) -> list[BankTransferStream]:
        stream = self._streams.get((books.account_type, books.account_id), [])
        number, account = wanted["bank_no"], wanted["bank_account"]
        return [
            row
            for row in stream
            if wanted["start_date"] <= row.date <= wanted["end_date"]
            and number in ("", row.bank_no)
            and account in ("", row.bank_account)
        ]

    # -- shareholder accounts, CTP ----------------------------------------------------------

    def _holders(self, books: Books) -> Mapping[str, str]:
        return books.shareholder if isinstance(books, StockAccountBooks) else {}

    def _secu_accounts(self, books: Books, wanted: Mapping[str, Any]) -> list[SecuAccount]:
        holders = self._holders(books)
        return [SecuAccount(True, "", True, market, number) for market, number in holders.items()]

    def _ctp(self, request: Request, to_future: bool) -> Reply:
        wanted = request.arguments
        option = self._accounts.get((c.STOCK_OPTION_ACCOUNT, wanted["opt_account_id"]))
        future = self._accounts.get((c.FUTURE_ACCOUNT, wanted["ft_account_id"]))
        amount = units(wanted["balance"], "balance")
        if option is None or future is None:
            missing = wanted["opt_account_id"] if option is None else wanted["ft_account_id"]
            text = f"没有账号 {missing} / there is no account {missing} of that kind"
            return Reply(request.seq, (False, text), text)
        giver, taker = (option, future) if to_future else (future, option)
        try:
            self._pay_out(giver, amount)
        except Refused as refusal:
            return Reply(request.seq, (False, str(refusal)), str(refusal), int(refusal.code))
        self._pay_in(taker, amount)
        return Reply(request.seq, (True, _DONE))
