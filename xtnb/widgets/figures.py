"""What stands beneath a form: what the order costs, what it ties up, and what is held.

Each kind of account has its own lines. They stay where they are while there is nothing
to say yet, so that a form does not jump while it is filled in. All amounts come from
`desk.preview`, which asks the same rules as the terminal, and from what the account is
known to hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from xtnb import xtconstant as c
from xtnb.frames.queries import code_of
from xtnb.rules.bonds import RepoRules
from xtnb.rules.connect import ConnectRules
from xtnb.rules.credit_figures import NO_DEBT_RATIO, SHORT, Room, base_type
from xtnb.rules.futures import Future
from xtnb.rules.listed import DayTerms, unit_of
from xtnb.rules.options_futures import FutureOption
from xtnb.rules.options_listed import StockOption
from xtnb.vocabulary.credit import XtCreditDetail
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.money import YUAN, units
from xtnb.vocabulary.records import Quote, XtPosition
from xtnb.widgets.actions import Action
from xtnb.widgets.needs import PreviewLike, TicketDesk

Line = dict[str, Any]
_DASH = "–"
_COVERED = 52  # hedge flag of covered positions
_ENDLESS = NO_DEBT_RATIO / 100
_SHORT_SIDE = frozenset({c.CREDIT_SLO_SELL, c.CREDIT_BUY_SECU_REPAY, c.CREDIT_DIRECT_SECU_REPAY})


def line(
    role: str,
    label: tuple[str, str],
    text: str | tuple[str, str],
    *,
    wide: bool = False,
    strong: bool = False,
) -> Line:
    """One figure: its label and its text, (zh, en) each, and whether it takes a whole row."""
    zh, en = (text, text) if isinstance(text, str) else text
    said = {"role": role, "label_zh": label[0], "label_en": label[1], "zh": zh, "en": en}
    return {**said, "wide": wide, "strong": strong}


def money(amount: float | None, sign: str = "") -> str:
    """An amount as it is read: 1,234.50."""
    return _DASH if amount is None else f"{sign}{amount:,.2f}"


class Figures:
    """The lines of one account's form.

    Args:
        desk: the account.
    """

    def __init__(self, desk: TicketDesk) -> None:
        self._desk = desk
        lines: dict[int, Callable[[DayTerms | None, Action, PreviewLike | None], list[Line]]] = {
            c.CREDIT_ACCOUNT: self._credit,
            c.FUTURE_ACCOUNT: self._futures,
            c.FUTURE_OPTION_ACCOUNT: self._futures,
            c.STOCK_OPTION_ACCOUNT: self._options,
            c.HUGANGTONG_ACCOUNT: self._connect,
            c.SHENGANGTONG_ACCOUNT: self._connect,
        }
        self._lines = lines.get(desk.account.account_type, self._shares)

    def lines(self, terms: DayTerms | None, action: Action, said: PreviewLike | None) -> list[Line]:
        """The lines, in the order in which they are read.

        Args:
            terms: of the instrument; None for none.
            action: what the form would do.
            said: the preview of the order; None while it is not filled in, or is refused.
        """
        return self._lines(terms, action, said)

    def _cash(self, said: PreviewLike | None) -> Line:
        if said is None:
            cash = money(self._desk.cash_units() / YUAN)
            return line("after", ("可用资金", "Cash"), cash, wide=True, strong=True)
        after = money(said.cash_after)
        return line("after", ("之后可用", "Cash after"), after, wide=True, strong=True)

    # -- shares, funds, bonds, money lent ------------------------------------------------------

    def _shares(
        self, terms: DayTerms | None, action: Action, said: PreviewLike | None
    ) -> list[Line]:
        if isinstance(terms, RepoRules):
            return self._loan(terms, said)
        lines = [
            line("amount", ("金额", "Amount"), money(said.amount if said else None)),
            line("fees", ("费用", "Fees"), money(_fees(said))),
            line("parts", ("", ""), _parts(said), wide=True),
        ]
        return [*lines, self._cash(said)]

    def _loan(self, terms: RepoRules, said: PreviewLike | None) -> list[Line]:
        earned = None
        if said is not None:
            earned = terms.interest(units(said.amount), units(said.price)) / YUAN
        back = f"{terms.due:%Y-%m-%d}"
        return [
            line("amount", ("融出", "Lent"), money(said.amount if said else None)),
            line("fees", ("费用", "Fee"), money(_fees(said))),
            line("interest", ("利息", "Interest"), money(earned)),
            line("due", ("到期", "Back on"), back),
            line(
                "days",
                ("计息", "Earns for"),
                (f"{terms.days} 天", f"{terms.days} day{'s' if terms.days != 1 else ''}"),
            ),
            line("net", ("净收益", "Net"), _net(earned, said)),
            self._cash(said),
        ]

    # -- a margin account ----------------------------------------------------------------------

    def _credit(
        self, terms: DayTerms | None, action: Action, said: PreviewLike | None
    ) -> list[Line]:
        kind, special = base_type(action.order_type)
        detail = self._detail()
        short = kind in _SHORT_SIDE
        quota = margin = _DASH
        ratio: str | tuple[str, str] = _DASH
        if detail is not None:
            free = detail.m_dSloEnableQuota if short else detail.m_dFinEnableQuota
            used = detail.m_dSloUsedQuota if short else detail.m_dFinUsedQuota
            after = said.quota_after if said is not None else None
            quota = f"{used:,.0f} / {_move(free, after, 0)}"
            margin = _move(detail.m_dEnableBailBalance, said.margin_after if said else None, 0)
            ratio = _ratios(detail.m_dPerAssurescaleValue, said.ratio_after if said else None)
        line_zh, line_en = ("融券额度", "Short line") if short else ("融资额度", "Credit line")
        taken = said.margin if said is not None else None
        lines = [
            line("amount", ("金额", "Amount"), money(said.amount if said else None)),
            line("fees", ("费用", "Fees"), money(_fees(said))),
            line("margin", ("占用保证金", "Margin used"), money(taken)),
            line("debt", self._debt_label(terms, action), self._debt(terms, action, special)),
            line("bail", ("可用保证金", "Free margin"), margin, wide=True),
            line("quota", (f"{line_zh} 已用/可用", f"{line_en}, used / free"), quota, wide=True),
            line("ratio", ("维持担保比例", "Maintenance ratio"), ratio, wide=True),
        ]
        return [*lines, self._cash(said)]

    def _detail(self) -> XtCreditDetail | None:
        records = self._desk.credit.detail.records()
        return records[0] if records else None

    def _debt_label(self, terms: DayTerms | None, action: Action) -> tuple[str, str]:
        return ("本券负债", "Debt in it") if action.coded else ("应还合计", "Due")

    def _debt(self, terms: DayTerms | None, action: Action, special: bool) -> str:
        if not action.coded:
            return money(self.due(action) / YUAN)
        if terms is None:
            return _DASH
        code, shares, cash = terms.instrument.stock_code, 0, 0.0
        for one in self._desk.credit.debts.records():
            if code_of(one) != code:
                continue
            if one.compact_type == SHORT:
                shares += one.real_compact_vol
            else:
                cash += one.real_compact_balance
        said = [f"{shares:,}"] if shares else []
        said += [f"¥{cash:,.0f}"] if cash else []
        return " + ".join(said) or "0"

    def due(self, action: Action) -> int:
        """What a repayment could pay off in its pool, 1e-4 yuan."""
        credit = self._desk.credit
        debts, detail = credit.debts.records(), self._detail()
        return Room.of("", action.order_type, compacts=debts, detail=detail).due

    # -- futures, and options on them ----------------------------------------------------------

    def _futures(
        self, terms: DayTerms | None, action: Action, said: PreviewLike | None
    ) -> list[Line]:
        instrument = terms.instrument if terms is not None else None
        unit = f"× {unit_of(instrument):,}" if instrument is not None else _DASH
        option = isinstance(instrument, FutureOption)
        amount = ("权利金", "Premium") if option else ("合约价值", "Value")
        lines = [
            line("margin", ("冻结保证金", "Margin"), money(said.margin if said else None)),
            line("fees", ("手续费", "Fees"), money(_fees(said))),
            line("amount", amount, money(said.amount if said else None)),
            line("unit", ("合约乘数", "Multiplier"), unit),
        ]
        if isinstance(instrument, Future | FutureOption) and terms is not None:
            if isinstance(instrument, FutureOption):
                lines += [self._underlying(instrument), _expiry(terms, instrument.expiry)]
            code = instrument.stock_code.rpartition(".")[0]
            rows = [row for row in self._rows() if row.instrument_id == code]
            for long, label in ((True, ("多头", "Long")), (False, ("空头", "Short"))):
                role = "long" if long else "short"
                lines.append(line(role, label, _days(rows, long), wide=True))
        return [*lines, self._cash(said)]

    # -- stock options -------------------------------------------------------------------------

    def _options(
        self, terms: DayTerms | None, action: Action, said: PreviewLike | None
    ) -> list[Line]:
        lines = [
            line("amount", ("权利金", "Premium"), money(said.amount if said else None)),
            line("margin", ("保证金", "Margin"), money(said.margin if said else None)),
            line("fees", ("费用", "Fees"), money(_fees(said))),
        ]
        instrument = terms.instrument if terms is not None else None
        underlying = instrument.stock_code if instrument is not None else ""
        unit = _DASH
        if isinstance(instrument, StockOption):
            underlying, unit = instrument.underlying, f"{instrument.unit:,}"
        lines.append(line("unit", ("合约单位", "Unit"), unit))
        if isinstance(instrument, StockOption) and terms is not None:
            lines += [self._underlying(instrument), _expiry(terms, instrument.expiry)]
            held = [row for row in self._rows() if row.instrument_id == instrument.stock_code]
            lines.append(line("held", ("本合约持仓", "Held"), _option_lots(held), wide=True))
        if underlying:
            lines.append(
                line("locked", ("标的券", "Shares of it"), self._locked(underlying), wide=True)
            )
        return [*lines, self._cash(said)]

    def _underlying(self, instrument: Any) -> Line:
        code = instrument.underlying
        quote = self._desk.books.quotes.get(code)
        last = quote.last_price if isinstance(quote, Quote) else 0.0
        digits = 3 if isinstance(instrument, StockOption) else 0
        short = code.partition(".")[0]
        text = f"{short} {last:,.{digits}f}" if last > 0 else short
        return line("underlying", ("标的", "Underlying"), text)

    def _locked(self, code: str) -> tuple[str, str]:
        position = self._desk.books.positions.get(code)
        if not isinstance(position, XtPosition):
            return "无", "none"
        free, locked = position.can_use_volume, position.frozen_volume
        return f"可用 {free:,} · 锁定 {locked:,}", f"free {free:,} · locked {locked:,}"

    def _rows(self) -> list[XtPositionStatistics]:
        return self._desk.contracts.statistics.records()

    # -- Stock Connect -------------------------------------------------------------------------

    def _connect(
        self, terms: DayTerms | None, action: Action, said: PreviewLike | None
    ) -> list[Line]:
        rate = in_yuan = lot = _DASH
        if isinstance(terms, ConnectRules):
            used = terms.rates.reference_sell if action.buy else terms.rates.reference_buy
            rate = f"{used / 1_000_000:.5f}".rstrip("0")
            lot = f"{terms.lot:,}"
            if said is not None:
                convert = terms.rates.set_aside if action.buy else terms.rates.brought
                in_yuan = f"¥{convert(units(said.amount)) / YUAN:,.2f}"
        lines = [
            line("amount", ("金额 HKD", "Amount HKD"), money(said.amount if said else None)),
            line("yuan", ("约合", "≈ CNY"), in_yuan),
            line("fees", ("费用 HKD", "Fees HKD"), money(_fees(said))),
            line("lot", ("每手", "Board lot"), lot),
            line("rate", ("参考汇率 1 HKD =", "Reference rate, 1 HKD ="), f"¥{rate}", wide=True),
        ]
        return [*lines, self._cash(said)]


def _fees(said: PreviewLike | None) -> float | None:
    if said is None:
        return None
    return said.commission + said.stamp_duty + said.transfer_fee + said.other_fees


def _net(earned: float | None, said: PreviewLike | None) -> str:
    if earned is None or said is None:
        return _DASH
    return money(earned - said.commission)


def _parts(said: PreviewLike | None) -> tuple[str, str]:
    if said is None:
        return "", ""
    rows = (
        ("佣金", "commission", said.commission),
        ("印花税", "stamp duty", said.stamp_duty),
        ("过户费", "transfer fee", said.transfer_fee),
    )
    shown = [row for row in rows if row[2] > 0]
    zh = " · ".join(f"{zh} {money(amount)}" for zh, _, amount in shown)
    return zh, " · ".join(f"{en} {money(amount)}" for _, en, amount in shown)


def _move(before: float, after: float | None, digits: int) -> str:
    """A figure, and what it becomes where that is another one."""
    text = f"{before:,.{digits}f}"
    now = text if after is None else f"{after:,.{digits}f}"
    return text if now == text else f"{text} → {now}"


def _ratios(before: float, after: float | None) -> str | tuple[str, str]:
    def shown(ratio: float, zh: bool) -> str:
        return ("无负债" if zh else "no debt") if ratio >= _ENDLESS else f"{ratio:,.2f}%"

    zh, en = shown(before, True), shown(before, False)
    if after is None or abs(after - before) < 0.005:
        return zh, en
    return f"{zh} → {shown(after, True)}", f"{en} → {shown(after, False)}"


def _days(rows: list[XtPositionStatistics], long: bool) -> tuple[str, str]:
    """Lots of one direction: today's, overnight ones, and how many may be closed."""
    wanted = c.DIRECTION_FLAG_LONG if long else c.DIRECTION_FLAG_SHORT
    mine = [row for row in rows if row.direction == wanted]
    if not any(row.position for row in mine):
        return "无", "none"
    today = sum(row.today_position for row in mine)
    past = sum(row.yesterday_position for row in mine)
    free = sum(row.can_close_vol for row in mine)
    zh, en = f"今 {today:,} · 昨 {past:,}", f"today {today:,} · overnight {past:,}"
    if free != today + past:
        zh, en = f"{zh}（可平 {free:,}）", f"{en} (closable {free:,})"
    return zh, en


def _option_lots(rows: list[XtPositionStatistics]) -> tuple[str, str]:
    rights = duties = covered = 0
    for row in rows:
        if row.direction == c.DIRECTION_FLAG_LONG:
            rights += row.position
        elif row.hedge_flag == _COVERED:
            covered += row.position
        else:
            duties += row.position
    zh = f"权利 {rights:,} · 义务 {duties:,} · 备兑 {covered:,}"
    return zh, f"rights {rights:,} · written {duties:,} · covered {covered:,}"


def _expiry(terms: DayTerms, expiry: Any) -> Line:
    left = (expiry - terms.day) // timedelta(days=1)
    text = f"{left} 天 {expiry:%m-%d}", f"{left} day{'s' if left != 1 else ''}, {expiry:%m-%d}"
    return line("expiry", ("剩余", "Expiry"), text)
