"""Which rules preview which kind of account.

A kind that stands here is previewed by the rules that the terminal asks; one that does
not is refused, because a wrong answer is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.live.preview import Preview
from xtnb.live.preview_credit import credit_preview
from xtnb.live.preview_futures import future_options_preview, futures_preview
from xtnb.live.preview_inputs import Asked, Inputs
from xtnb.live.preview_options import options_preview
from xtnb.live.preview_shares import connect_preview, stock_preview

_KINDS: dict[int, Callable[[Asked, Inputs], Preview]] = {
    c.SECURITY_ACCOUNT: stock_preview,
    c.NEW3BOARD_ACCOUNT: stock_preview,
    c.CREDIT_ACCOUNT: credit_preview,
    c.FUTURE_ACCOUNT: futures_preview,
    c.FUTURE_OPTION_ACCOUNT: future_options_preview,
    c.STOCK_OPTION_ACCOUNT: options_preview,
    c.HUGANGTONG_ACCOUNT: connect_preview,
    c.SHENGANGTONG_ACCOUNT: connect_preview,
}


def preview_of(asked: Asked, inputs: Inputs) -> Preview:
    """Say what the terminal would do with an order.

    Raises:
        InputError: a kind of account, or of order, that cannot be previewed.
        SessionError: the terminal cannot be asked.
    """
    preview = _KINDS.get(asked.account_type)
    if preview is None:
        kind = c.ACCOUNT_TYPE_DICT.get(asked.account_type, str(asked.account_type))
        raise InputError("account", kind, "a kind of account that can be previewed")
    return preview(asked, inputs)
