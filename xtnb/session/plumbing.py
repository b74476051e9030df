"""The vendor's inner calls, which its package leaves public.

`common_op_sync_with_seq` and its twin make a request by hand: a number from
`next_seq`, and what sends it. What is sent must bear that number:

    seq = trader.next_seq()
    request = Request(seq, "query_stock_asset", 2, "1000000365", {})
    rows = trader.common_op_sync_with_seq(seq, (trader.send_request, request))

Source: the vendor's package; `next_seq` and `send_request` are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.errors import InputError
from xtnb.session.asking import Asking
from xtnb.session.calls import checked_listener, whole
from xtnb.vocabulary.messages import Request

Operation = tuple[Any, ...]


class Plumbing(Asking):
    """Requests by hand."""

    def next_seq(self) -> int:
        """A number that no other request of this session has."""
        return self.requests.number()

    def send_request(self, request: Request) -> None:
        """Hand a request to the link. Raises NotConnected when there is none."""
        self.requests.hand_over(request)

    def common_op_async_with_seq(
        self, seq: int, callable: Operation, callback: Callable[[Any], Any]
    ) -> int:
        """Call `callable`, and hand the answer numbered `seq` to `callback`.

        Args:
            seq: from `next_seq`; one that waits already is refused.
            callable: a function and its arguments, in one tuple.
            callback: hears what the terminal replied; None on failure.

        Returns:
            The seq.

        Raises:
            InputError: an argument of another form.
            NotConnected: before `connect()`, or once the link is lost.
        """
        number, operation = whole("seq", seq), _checked(callable)
        return self.requests.send_by_hand(number, operation, checked_listener(callback))

    def common_op_sync_with_seq(self, seq: int, callable: Operation) -> Any:
        """Call `callable`, and wait for the answer numbered `seq`.

        Returns:
            What the terminal replied; None on failure.

        Raises:
            InputError: an argument of another form.
            NotConnected: before `connect()`, or once the link is lost.
            RequestTimeout: no answer in time; the vendor's form waits for ever.
            WouldDeadlock: inside a push callback, in default mode.
        """
        return self.requests.ask_by_hand(whole("seq", seq), _checked(callable))


def _checked(operation: object) -> Callable[[], Any]:
    if not isinstance(operation, tuple) or not operation or not callable(operation[0]):
        raise InputError("callable", operation, "a tuple of a function and its arguments")
    function, *arguments = operation
    return lambda: function(*arguments)
