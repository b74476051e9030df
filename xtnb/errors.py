"""Every error of xtnb, in one tree.

XtnbError
├── InputError              an argument that no terminal could accept (also a ValueError)
├── Refused                 the terminal or the market says no: a code and a text in two languages
│   ├── CashShort           available cash does not cover the order
│   ├── VolumeShort         sellable volume does not cover the order
│   └── …                   see RefusalCode for the reasons that need no facts of their own
├── SessionError            the session cannot carry a request
│   ├── NotConnected        before `connect()`, after `stop()`, or once the link is lost
│   ├── RequestTimeout      no answer within the limit: the outcome is unknown (a TimeoutError)
│   ├── NotArmed            a live account is locked against this order
│   ├── WouldDeadlock       a synchronous request inside a push callback, in default mode
│   └── QueryFailed         the terminal answered a query with an error
├── TerminalUnavailable     a path or an address that leads to no terminal
│   ├── FolderInUse         the folder of a durable terminal is open elsewhere
│   └── JournalUnreadable   its file is damaged, another program's, or of a newer version
│       └── JournalMissing  there is none
└── JournalFailed           what a terminal should keep could not be written (an OSError)

`InputError` and the session errors are raised to the caller. `Refused` never
reaches a caller of the API: the terminal turns it into an order with status 57
and a push, because a refusal by the market is news and not a mistake in a program.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache
from typing import Any


class XtnbError(Exception):
    """Root of all errors that xtnb raises."""


class InputError(XtnbError, ValueError):
    """An argument has the wrong form.

    Attributes:
        argument: name of the parameter.
        value: what came.
        expected: the form that was expected, in English words.
        suggestion: what was probably meant; "" where nothing is near.
        zh, en: all of it in words, as of `Refused`.
    """

    def __init__(self, argument: str, value: Any, expected: str, suggestion: str = "") -> None:
        super().__init__(argument, value, expected, suggestion)
        self.argument = argument
        self.value = value
        self.expected = expected
        self.suggestion = suggestion

    @property
    def en(self) -> str:
        """The English words."""
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{self.argument}: expected {self.expected}, was {self.value!r}{hint}"

    @property
    def zh(self) -> str:
        """The Chinese words."""
        hint = f"；是否指 {self.suggestion}？" if self.suggestion else ""
        form = form_in_chinese(self.expected)
        return f"{self.argument}：应为{form}，实为 {self.value!r}{hint}"

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class RefusalCode(IntEnum):
    """Why an order or a cancel was refused. The numbers are ours; brokers use their own."""

    UNKNOWN_ACCOUNT = 1001
    UNKNOWN_CODE = 1002
    ORDER_TYPE = 1003
    PRICE_TYPE = 1004
    LOT = 1005
    TOO_LARGE = 1006
    TICK = 1007
    PRICE_LIMIT = 1008
    PRICE_CAGE = 1009
    CASH = 1010
    VOLUME = 1011
    NO_REFERENCE = 1012
    UNKNOWN_ORDER = 1020
    NOT_CANCELLABLE = 1021
    MARGIN = 1030
    QUOTA = 1031
    NOT_ELIGIBLE = 1032
    LENDABLE = 1033
    UPTICK = 1034
    DEBT = 1035
    MARGIN_CALL = 1036
    EXPIRED = 1040
    CLOSED = 1041
    HALTED = 1042
    LOCKED = 1051
    EXERCISE = 1052
    REPEATED = 1060
    OUTCOME_UNKNOWN = 1070
    NOT_DELIVERED = 1071  # a request that certainly reached no terminal
    LIMITED = 1080
    STOPPED = 1081


class Refused(XtnbError):
    """The terminal or the market refuses.

    Attributes:
        code: a `RefusalCode`, the `error_id` of the push.
        zh, en: the reason in words.
    """

    def __init__(self, code: RefusalCode, zh: str, en: str) -> None:
        super().__init__(code, zh, en)
        self.code = code
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def _amount(units: int) -> str:
    return f"{units / 10_000:,.2f}"


class CashShort(Refused):
    """Available cash does not cover what was wanted. Amounts are 1e-4 yuan."""

    def __init__(self, wanted: int, available: int) -> None:
        super().__init__(
            RefusalCode.CASH,
            f"可用资金 {_amount(available)} 元，不足 {_amount(wanted)} 元",
            f"available cash {_amount(available)} CNY does not cover {_amount(wanted)} CNY",
        )
        self.wanted = wanted
        self.available = available


class VolumeShort(Refused):
    """Sellable volume does not cover what was wanted."""

    def __init__(self, wanted: int, available: int) -> None:
        super().__init__(
            RefusalCode.VOLUME,
            f"可用数量 {available:,}，不足 {wanted:,}",
            f"sellable volume {available:,} does not cover {wanted:,}",
        )
        self.wanted = wanted
        self.available = available


class SessionError(XtnbError):
    """A session cannot carry a request."""


class NotConnected(SessionError, ConnectionError):
    """There is no connection: not yet, not any more, or it was lost."""


class RequestTimeout(SessionError, TimeoutError):
    """No answer came in time. The outcome is unknown: look before you send again.

    Args:
        method: of the manual's API.
        seconds: how long it was waited for.
        zh, en: where to look, in words; "" for a query, which may be asked again.

    Attributes:
        zh, en: all of it in words, as of `Refused`.
    """

    def __init__(self, method: str, seconds: float, zh: str = "", en: str = "") -> None:
        super().__init__(method, seconds, zh, en)
        self.method = method
        self.seconds = seconds
        self.zh = f"{method}：{seconds:g} 秒内没有答复" + (
            f"，结果未知；请先核对{zh}，再决定是否重发" if zh else "，请再查询一次"
        )
        self.en = f"{method}: no answer within {seconds:g} s" + (
            f"; the outcome is unknown, so look at {en} before you send again"
            if en
            else "; ask again"
        )

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class WouldDeadlock(SessionError, RuntimeError):
    """A synchronous request inside a push callback would wait for itself."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self.method = method

    def __str__(self) -> str:
        sync = "_sync_" in self.method
        twin = self.method.replace("_sync_", "_async_") if sync else f"{self.method}_async"
        return (
            f"{self.method}() inside a push callback would wait for the callback that calls it. "
            f"Either use {twin}(), or call "
            "set_relaxed_response_order_enabled(True) on the trader"
        )


class NotArmed(SessionError):
    """A live account is locked against this order. Nothing was sent.

    Attributes:
        zh, en: what to do, in words.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class QueryFailed(SessionError):
    """The terminal answered a query with an error."""


class TerminalUnavailable(XtnbError, ConnectionError):
    """A path or an address leads to no terminal.

    Attributes:
        zh, en: why, and what to do. English stands for both where only that was given.
    """

    def __init__(self, zh: str, en: str = "") -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en or zh

    def __str__(self) -> str:
        return self.en if self.zh == self.en else f"{self.zh} / {self.en}"


class FolderInUse(TerminalUnavailable):
    """Someone else has the folder of a durable terminal open.

    Attributes:
        folder: which.
        owner: who, in English words; "" when that is not known.
    """

    def __init__(self, folder: str, owner_zh: str = "", owner: str = "") -> None:
        super().__init__(
            f"{folder!r} 已被打开：{owner_zh or '占用者不明'}；请先在那里关闭，或等该进程结束",
            f"{folder!r} is open already: {owner or 'an unknown owner'}; close it there, or wait "
            "until that process has ended",
        )
        self.args = (folder, owner_zh, owner)
        self.folder = folder
        self.owner = owner


class JournalUnreadable(TerminalUnavailable):
    """The file of a durable terminal cannot be used; it was left as it is.

    Attributes:
        path: the file.
        reason_zh, reason: what is wrong with it.
    """

    def __init__(self, path: str, reason: str, reason_zh: str = "") -> None:
        super().__init__(
            f"{path!r} 无法使用：{reason_zh or reason}。文件未作改动；"
            "用 `xtnb doctor` 检查它所在的目录",
            f"{path!r} cannot be used: {reason}. It was left as it is; "
            "`xtnb doctor` on its folder says more",
        )
        self.args = (path, reason, reason_zh)
        self.path = path
        self.reason = reason
        self.reason_zh = reason_zh or reason


class JournalMissing(JournalUnreadable):
    """There is no durable terminal in a folder."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "there is no such file", "没有该文件")
        self.args = (path,)
        self.zh = f"没有持久终端：{path!r} 不存在；`xtnb serve` 或 xtnb.paper() 会在该目录新建"
        self.en = (
            f"no durable terminal: there is no {path!r}; `xtnb serve` or xtnb.paper() with that "
            "folder makes one"
        )


class JournalFailed(XtnbError, OSError):
    """What a durable terminal should keep could not be written, so it stopped.

    Attributes:
        path: the file.
        reason: why, in the system's words.
        zh, en: all of it in words.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason
        self.zh = f"{path!r} 无法写入：{reason}"
        self.en = f"{path!r} could not be written: {reason}"

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def words_of(fault: BaseException) -> tuple[str, str]:
    """Why something failed, in Chinese and English; what has one language says it in both."""
    zh, en = getattr(fault, "zh", ""), getattr(fault, "en", "")
    return (zh, en) if zh and en else (str(fault), str(fault))


# -- what an InputError expects, in Chinese ------------------------------------------------------

_FORMS = {
    "text": "文本",
    "a text": "文本",
    "a number": "数字",
    "a whole number": "整数",
    "a whole number from {} to {}": "{} 至 {} 的整数",
    "a number from {} to {}": "{} 至 {} 的数字",
    "a number from {} up": "不小于 {} 的数字",
    "a number of xtconstant": " xtconstant 中的常量",
    "a number of seconds above 0": "大于 0 的秒数",
    "a number of yuan": "金额（元）",
    "a date, or a text such as {}": "日期，或 {} 这样的文本",
    "a finite number of yuan": "有限的金额（元）",
    "a number of yuan above 0": "大于 0 的金额（元）",
    "a number of yuan, 0 or above": "不小于 0 的金额（元）",
    "an amount in yuan, 0 or above": "不小于 0 的金额（元）",
    "a price in yuan, not below 0": "不小于 0 的价格（元）",
    "yuan a share, for a limit order": "限价委托的价格（元/股）",
    "a whole number of shares": "整数股数",
    "a whole number of shares above 0": "大于 0 的整数股数",
    "a whole number of yuan above 0": "大于 0 的整数金额（元）",
    "a whole number of days above 0": "大于 0 的整数天数",
    "a number of shares, not below 0": "不小于 0 的股数",
    "seconds, 0 or above": "不小于 0 的秒数",
    "0 or above": "不小于 0",
    "0 or more": "不小于 0",
    "0 or more each": "各不小于 0",
    "1 or more": "不小于 1",
    "0 to {}": "0 至 {}",
    "above 0 and at most {}": "大于 0 且不超过 {}",
    "above 0 and up to {}": "大于 0 且不超过 {}",
    "above 0, a multiple of {}": "大于 0 且为 {} 的整数倍",
    "above 0, in 1e-4 yuan": "大于 0（单位 1e-4 元）",
    "a positive multiple of the tick, {}": "最小变动价位 {} 的正整数倍",
    "at least one row": "至少一行",
    "at least 1 ms": "至少 1 毫秒",
    "one of {}": "以下之一：{}",
    "one of {} for {}": " {1} 的以下参数之一：{0}",
    "a number, or one of {}": "数字，或以下之一：{}",
    "fields out of {}": "以下字段：{}",
    "a field of {}": " {} 的字段",
    "'buy' or 'sell'": " 'buy' 或 'sell'",
    "'en' or 'zh'": " 'en' 或 'zh'",
    "'open', 'hand', or a moment such as {}": " 'open'、'hand' 或时刻，如 {}",
    "a StockAccount": " StockAccount 对象",
    "a margin account": "信用账户",
    "an account of futures or options": "期货或期权账户",
    "an account of shares here; desk.preview says it of these": (
        "股票类账户；这类账户请用 desk.preview"
    ),
    "an account of this terminal: {}": "本终端的账户：{}",
    "an account that is not open yet": "尚未开立的账户",
    "None, because account {} is open already": " None，因为账户 {} 已开立",
    "a kind of account that can be previewed": "可以试算的账户类型",
    "the account's number as text": "文本形式的资金账号",
    "its number as text": "文本形式的号码",
    "an order of this account, or its number": "本账户的委托或其编号",
    "the broker order id as text": "文本形式的柜台合同编号",
    "1 to 64 letters, digits, - or _": "1 至 64 个字母、数字、- 或 _",
    "a name that no key has; revoke that one first": "尚无密钥使用的名称；否则请先吊销原密钥",
    "the name of a key: {}": "已有密钥的名称：{}",
    "the name of a key: there is none yet": "已有密钥的名称（目前还没有密钥）",
    "the list of keys that `xtnb keys` writes": " `xtnb keys` 写出的密钥列表",
    "nats://[user@]host[:port]/terminal, or tls://… for another machine": (
        " nats://[user@]host[:port]/terminal；其他机器用 tls://…"
    ),
    "the seed of a user, which begins with SU": "以 SU 开头的用户种子",
    "a PEM file of certificates": "含证书的 PEM 文件",
    "a certificate as a PEM file": " PEM 格式的证书文件",
    "the key of the certificate {}, as a PEM file without a password": (
        "证书 {} 的私钥，PEM 格式，不带密码"
    ),
    "ACCOUNT=CASH, such as {}": " ACCOUNT=CASH，如 {}",
    "a new key; that of {} had {}": "新的 key；此 key 属于 {}，其 {}",
    "text of at most {} characters": "不超过 {} 个字符的文字",
    "a number from next_seq() that no request bears": " next_seq() 给出且未被使用的序号",
    "one number for the session": "会话编号（一个整数）",
    "a function of one argument": "接受一个参数的函数",
    "a function or None": "函数或 None",
    "a tuple of a function and its arguments": "由函数及其参数组成的元组",
    "a code and its market, such as {}, {} or {}": "代码加市场后缀，如 {}、{} 或 {}",
    "six digits and .{}": "六位数字加 .{}",
    "eight digits and .{}": "八位数字加 .{}",
    "five digits and .{}": "五位数字加 .{}",
    "a contract in lower case with four digits and .{}": "小写品种加四位数字加 .{}",
    "a contract in upper case with three digits and .{}": "大写品种加三位数字加 .{}",
    "a contract in upper case with four digits and .{}": "大写品种加四位数字加 .{}",
    "codes that this terminal's market has": "本终端市场中的代码",
    "a code that this terminal's market has": "本终端市场中的代码",
    "an OrderType that says whether to open or to close ({} account): {}": (
        "写明开仓还是平仓的委托类型（{} 账户）：{}"
    ),
    "one that can be previewed; ETF baskets cannot": "可以试算的委托类型；ETF 申赎不能试算",
    "a day such as {}": "日期，如 {}",
    "a day not before {}": "不早于 {} 的日期",
    "{} or later": " {} 或更晚",
    "a time of day such as {}": "时刻，如 {}",
    "a time of day after {}": "晚于 {} 的时刻",
    "a time not before {}": "不早于 {} 的时间",
    "a time since 1990, such as {}, a datetime, or ns since the epoch": (
        "1990 年以来的时间，如 {}，或 datetime，或纪元纳秒数"
    ),
    "text of 8 or 14 digits such as {}, '' or a datetime": (
        "8 或 14 位数字的文本，如 {}，或 '' 或 datetime"
    ),
    "YYYYMMDD or YYYYMMDDHHMMSS": " YYYYMMDD 或 YYYYMMDDHHMMSS",
    "milliseconds or text of 8 digits": "毫秒数或 8 位数字的文本",
    "-1, 0 or a number of rows": " -1、0 或行数",
    "a rate, such as 0.08, 0 or above": "不小于 0 的利率，如 0.08",
    "a rate with at most four decimals, such as {}": "最多四位小数的利率，如 {}",
    "a dict whose keys are texts": "键为文本的字典",
    "a dict with subFareRate, fineRate, or none": "含 subFareRate、fineRate 的字典，可为空",
    "a dict with {}": "含 {} 的字典",
    "a list of dicts": "字典列表",
    "a list of names": "名称列表",
    "a list of texts": "文本列表",
    "a kind of data, such as {}": "数据种类，如 {}",
    "the path of a .csv file": " .csv 文件的路径",
    "the path of a userdata_mini folder, or 'paper'": " userdata_mini 目录的路径，或 'paper'",
    "a path or an address as text": "文本形式的路径或地址",
    "a path or an address as text, not empty": "文本形式的路径或地址，不能为空",
    "the name of an algorithm, such as {}": "算法名称，如 {}",
    "the number of a fill that is kept": "已录入成交的编号",
    "a number that no kept fill has": "未被已录入成交占用的编号",
    "a number that no own fill has": "未被本账户成交占用的编号",
    "m_nVolume, a whole number above 0": " m_nVolume，大于 0 的整数",
    "a column of this frame": "本表的列",
    "a column of codes: {}": "代码列：{}",
    "a column of {}: {}": " {} 的列：{}",
    "a folder that can be written to ({})": "可写入的目录（{}）",
    "a desk at a paper terminal of this process": "本进程模拟终端上的 desk",
    "a desk made with clock='hand'": "以 clock='hand' 建立的 desk",
    "the first terminal of the process, because it brings its own market; {}": (
        "本进程的第一个终端，因为它自带市场；请先关闭使用现有市场的 desk 和 trader"
    ),
    "{}, which the terminal in {} began with": " {}，{} 中的终端即以此开始",
    "{}, because this process has a market with it already; {}": (
        " {}，因为本进程的市场已用此值；请先关闭使用该市场的 desk 和 trader"
    ),
}
"""What an argument must be: English as it is written where the error is raised, and Chinese.

`{}` stands for any text. What is not here is quoted in English in the Chinese words too;
the forms of settings and data files, which only developers give, are left out on purpose.
"""


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    rows = sorted(_FORMS.items(), key=lambda row: -len(row[0].replace("{}", "")))
    return [(re.compile(re.escape(en).replace(r"\{\}", "(.+)"), re.DOTALL), zh) for en, zh in rows]


def form_in_chinese(expected: str) -> str:
    """The Chinese words for what was expected; in English quotes where there are none."""
    exact = _FORMS.get(expected)
    if exact is not None:
        return exact
    for pattern, zh in _patterns():
        found = pattern.fullmatch(expected)
        if found:
            return zh.format(*found.groups())
    return f"“{expected}”"
