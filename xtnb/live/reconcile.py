"""What a session knew against what the terminal says: found, put right, and told row by row.

Answers to queries come in their place among the pushes, so a difference is news
that never came: lost with the link, or lost in silence. After a break all of it is
expected and told as what was missed; otherwise it is drift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from xtnb import xtconstant as c
from xtnb.live.books import CONTRACTS
from xtnb.live.handle import Order
from xtnb.live.picture import Picture
from xtnb.vocabulary.codes import OrderStatus
from xtnb.vocabulary.reconciliation import Finding, FindingKind
from xtnb.vocabulary.records import XtAsset, XtOrder, XtPosition

_TAKEN = "已按柜台更新 / taken over from the terminal"
_ADDED = "已补入 / added"
_SHOWN = "已列入委托 / listed among the orders"
_SEND_ANEW = "未下单；需要时请重新下单 / there is no order; send a new one if you still want it"
_LOOK = "请核对 / please check it with your broker"
_SIDES = {c.STOCK_BUY: 1, c.STOCK_SELL: -1}
_CENT = 0.005


def differences(
    before: Picture, now: Picture, is_ours: Callable[[int], bool], *, expected: bool
) -> list[Finding]:
    """What the terminal says and the session did not know.

    Args:
        before: what the session knew.
        now: what the terminal says.
        is_ours: whether this session sent the order of that number.
        expected: the link was lost between the two, so that fills and orders explain a
            change of positions. Otherwise every difference of position or money is drift,
            but for money that prices alone move.
    """
    found = [*_fills(before, now), *_orders(before, now, is_ours)]
    found += _positions(before, now, _explained(before, now) if expected else None)
    if not expected and not (_marked(before) or _marked(now)):
        found += _money(before.asset, now.asset)
    return found


def unknown_settled(order: Order, kind: FindingKind) -> Finding:
    """What was found out about an order whose answer had been lost."""
    after = "–"
    if kind is FindingKind.SENT:
        zh, en = (OrderStatus.label_of(order.status_code, language) for language in ("zh", "en"))
        after = f"{order.id}，{zh} / {order.id}, {en}"
    done = {FindingKind.SENT: _SHOWN, FindingKind.NOT_SENT: _SEND_ANEW}.get(kind, _LOOK)
    asked = f"{order.volume:,} @ {order.price:g}"
    return _finding(kind, order.stock_code, order.key, asked, after, done)


def _fills(before: Picture, now: Picture) -> Iterable[Finding]:
    for key, trade in now.trades.items():
        if key not in before.trades:
            what = f"{trade.traded_volume:,} @ {trade.traded_price:g}"
            yield _finding(
                FindingKind.MISSED_FILL, trade.stock_code, trade.traded_id, "–", what, _ADDED
            )


def _orders(before: Picture, now: Picture, is_ours: Callable[[int], bool]) -> Iterable[Finding]:
    for number, order in now.orders.items():
        known = before.orders.get(number)
        if known is None and not is_ours(number):
            yield _finding(
                FindingKind.ELSEWHERE, order.stock_code, str(number), "–", _state(order), _SHOWN
            )
        elif known is not None and _state(known) != _state(order):
            yield _finding(
                FindingKind.MISSED_CHANGE,
                order.stock_code,
                str(number),
                _state(known),
                _state(order),
                _TAKEN,
            )
    for number, order in before.orders.items():
        if number not in now.orders:
            yield _finding(
                FindingKind.GONE, order.stock_code, str(number), _state(order), "–", _LOOK
            )


def _positions(
    before: Picture, now: Picture, explained: dict[str, int | None] | None
) -> Iterable[Finding]:
    for key in {**before.positions, **now.positions}:
        old, new = before.positions.get(key), now.positions.get(key)
        code = (new or old).stock_code  # type: ignore[union-attr]  # one of the two is there
        if explained is None:
            if _held(old) == _held(new):
                continue
        else:
            moved = explained.get(code, 0)
            if moved is None or _volume(new) - _volume(old) == moved:
                continue
        yield _finding(FindingKind.DRIFT, code, str(key), _shown(old), _shown(new), _TAKEN)


def _explained(before: Picture, now: Picture) -> dict[str, int | None]:
    """By code, how far missed fills move the volume; None where they cannot tell."""
    moved: dict[str, int | None] = {}
    for number, trade in now.trades.items():
        if number in before.trades:
            continue
        sign = _SIDES.get(trade.order_type)
        so_far = moved.get(trade.stock_code, 0)
        moved[trade.stock_code] = (
            None if sign is None or so_far is None else so_far + sign * trade.traded_volume
        )
    return moved


def _marked(picture: Picture) -> bool:
    """Whether contracts are held: their profit and margin go through the money with each price,
    of which no push tells."""
    asset = picture.asset
    contracts = asset is not None and asset.account_type in CONTRACTS
    return contracts and any(position.volume for position in picture.positions.values())


def _money(before: XtAsset | None, now: XtAsset | None) -> Iterable[Finding]:
    if before is None or now is None:
        return
    for name in ("cash", "frozen_cash"):
        old, new = getattr(before, name), getattr(now, name)
        if abs(old - new) >= _CENT:
            yield _finding(FindingKind.DRIFT, "", name, f"{old:,.2f}", f"{new:,.2f}", _TAKEN)


def _finding(
    kind: FindingKind, code: str, subject: str, before: str, after: str, done: str
) -> Finding:
    return Finding(
        kind=int(kind), stock_code=code, subject=subject, before=before, after=after, done=done
    )


def _state(order: XtOrder) -> str:
    done = f"{order.traded_volume:,}/{order.order_volume:,}"
    zh, en = (OrderStatus.label_of(order.order_status, language) for language in ("zh", "en"))
    return f"{zh} {done} / {en}, {done}"


def _held(position: XtPosition | None) -> tuple[int, int, int]:
    if position is None or not position.volume:
        return 0, 0, 0
    return position.volume, position.can_use_volume, position.frozen_volume


def _volume(position: XtPosition | None) -> int:
    return position.volume if position is not None else 0


def _shown(position: XtPosition | None) -> str:
    volume, usable, frozen = _held(position)
    if not volume:
        return "0"
    return (
        f"{volume:,}（可用 {usable:,}，冻结 {frozen:,}） / "
        f"{volume:,} ({usable:,} usable, {frozen:,} frozen)"
    )
