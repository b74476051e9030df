"""LiveTable as a browser sees it: a real kernel, and its real comm messages."""

import json
from collections.abc import Iterator
from queue import Empty
from time import monotonic

import pytest
from jupyter_client.manager import KernelManager

from xtnb.errors import InputError
from xtnb.live.store import Table
from xtnb.vocabulary.masking import masked
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import XtOrder
from xtnb.widgets.columns import Column
from xtnb.widgets.live_table import LiveTable, encode

DEADLINE = 30
SET_UP = """
import threading
from xtnb.live.coalesce import frames
from xtnb.live.store import Table
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import XtOrder
from xtnb.widgets.live_table import LiveTable

def order(number, status=50, price=10.5, traded=0):
    return XtOrder("1000000365", "600000.SH", number, "S1", 1_763_602_200, 23, 200, 50, price,
                   traded, 0.0, status, "", "", "", 48, 48)
"""
TABLE = """
rows = Table(XtOrder, "order_id")
rows.apply(order(1))
rows.apply(order(2, status=56))
table = LiveTable("orders", XtOrder, rows, columns=["account_id", "price", "order_status"],
                  actions=["cancel", "cancel_all"])
heard = []
forget = table.on_action(heard.append)
"""


class Kernel:
    """A kernel, and a browser's end of its comms."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE)
        self.messages: list[dict] = []

    def run(self, source: str) -> str:
        """Run code; returns what it printed."""
        printed: list[str] = []
        request = self.client.execute(source)
        deadline = monotonic() + DEADLINE
        while monotonic() < deadline:
            message = self._next(deadline)
            content = message["content"]
            mine = message["parent_header"].get("msg_id") == request
            if message["msg_type"] == "error" and mine:
                raise AssertionError("\n".join(content["traceback"]))
            if message["msg_type"] == "stream" and mine:
                printed.append(content["text"])
            if message["msg_type"] == "status" and mine and content["execution_state"] == "idle":
                return "".join(printed).strip()
        raise TimeoutError(source)

    def say(self, comm: str, content: dict) -> None:
        """Send a custom message as a view does."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)

    def frame(self, comm: str, kind: str) -> dict:
        """Wait for a message of that kind on a comm; its body is under "body"."""
        deadline = monotonic() + DEADLINE
        while True:
            for message in self.messages:
                found = self._as_frame(message, comm, kind)
                if found is not None:
                    self.messages.remove(message)
                    return found
            self._next(deadline)

    def frames_by(self, source: str, comm: str) -> list[dict]:
        """All frames that arrive while code runs."""
        self.messages.clear()
        self.run(source)
        found = [self._as_frame(message, comm, None) for message in self.messages]
        return [frame for frame in found if frame is not None]

    def _as_frame(self, message: dict, comm: str, kind: str | None) -> dict | None:
        content = message["content"]
        if message["msg_type"] != "comm_msg" or content["comm_id"] != comm:
            return None
        head = content["data"].get("content")
        if head is None or kind not in (None, head["kind"]):
            return None
        body = json.loads(bytes(message["buffers"][0])) if message["buffers"] else None
        return {**head, "body": body}

    def _next(self, deadline: float) -> dict:
        try:
            message = self.client.get_iopub_msg(timeout=max(deadline - monotonic(), 0.01))
        except Empty:
            raise TimeoutError("the kernel said nothing") from None
        self.messages.append(message)
        return message

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    started = Kernel()
    started.run(SET_UP)
    yield started
    started.stop()


@pytest.fixture
def comm(kernel: Kernel) -> Iterator[str]:
    kernel.run(TABLE)
    yield kernel.run("print(table.model_id)")
    kernel.run("table.close(); options.mask_accounts = False; options.language = 'en'")


def opened(kernel: Kernel, comm: str) -> dict:
    kernel.say(comm, {"kind": "snapshot?"})
    return kernel.frame(comm, "snapshot")


def test_a_view_that_asks_gets_every_row_by_column(kernel, comm):
    snapshot = opened(kernel, comm)

    assert snapshot["body"]["keys"] == [1, 2]
    assert snapshot["body"]["columns"] == {
        "account_id": ["1000000365", "1000000365"],
        "price": [10.5, 10.5],
        "order_status": [50, 56],
    }


def test_a_push_sends_only_the_cells_that_changed(kernel, comm):
    snapshot = opened(kernel, comm)

    kernel.run("rows.apply(order(1, status=55, traded=100))")
    patch = kernel.frame(comm, "patch")

    assert patch["number"] == snapshot["number"] + 1
    assert patch["body"] == {"changed": [[1, {"order_status": 55}]], "removed": []}


def test_two_thousand_pushes_are_a_few_messages_and_end_with_the_last(kernel, comm):
    opened(kernel, comm)

    sent = kernel.frames_by(
        "for n in range(2000): rows.apply(order(1, price=n / 100))\n"
        "import time; until = time.monotonic() + 0.3\n"
        "while time.monotonic() < until: pass",
        comm,
    )

    patches = [frame for frame in sent if frame["kind"] == "patch"]
    assert 1 <= len(patches) <= 40
    assert patches[-1]["body"]["changed"][0][1]["price"] == 19.99
    assert [p["number"] for p in patches] == list(
        range(patches[0]["number"], patches[0]["number"] + len(patches))
    )


def test_the_last_number_is_repeated_so_that_a_lost_last_patch_is_noticed(kernel, comm):
    opened(kernel, comm)

    kernel.run("rows.apply(order(1, status=54))")

    assert kernel.frame(comm, "still")["number"] == kernel.frame(comm, "patch")["number"]


def test_a_row_that_leaves_is_named(kernel, comm):
    opened(kernel, comm)

    kernel.run("rows.remove(2)")

    assert kernel.frame(comm, "patch")["body"] == {"changed": [], "removed": [2]}


A_FRAME_PASSES = """
from threading import Event
from xtnb.live.coalesce import frames
for _ in range(2):
    passed = Event()
    slot = frames.register(passed.set, "probe")
    slot.mark()
    assert passed.wait(10)
    slot.close()
"""


def test_nothing_is_sent_before_a_view_asks(kernel, comm):
    frames = kernel.frames_by(f"rows.apply(order(3))\n{A_FRAME_PASSES}", comm)

    assert frames == []


def test_a_click_on_cancel_reaches_the_handler_with_the_order(kernel, comm):
    kernel.say(comm, {"kind": "cancel", "key": 1})

    said = kernel.run("print([(a.kind, a.key, a.record.order_id) for a in heard])")

    assert said == "[('cancel', 1, 1)]"


def test_a_click_on_a_price_brings_key_column_and_value(kernel, comm):
    kernel.say(comm, {"kind": "pick", "key": 2, "column": "price", "value": 10.5})

    said = kernel.run("print([(a.kind, a.key, a.column, a.value) for a in heard])")

    assert said == "[('pick', 2, 'price', 10.5)]"


def test_messages_that_make_no_sense_are_ignored(kernel, comm):
    nonsense = [
        {"kind": "cancel", "key": 99},
        {"kind": "cancel", "key": [1]},
        {"kind": "pick", "key": 1, "column": "secret", "value": 1},
        {"kind": "pick", "key": {}, "column": None},
        {"kind": "sell everything"},
        {},
    ]
    for content in nonsense:
        kernel.say(comm, content)
    kernel.say(comm, {"kind": "cancel_all"})

    assert kernel.run("print([a.kind for a in heard])") == "['cancel_all']"


def test_a_failing_handler_does_not_keep_the_others_from_the_click(kernel, comm):
    kernel.run("def fail(action): raise ValueError('mine')\ntable._handlers.insert(0, fail)")

    kernel.say(comm, {"kind": "cancel_all"})

    assert kernel.run("print([a.kind for a in heard])") == "['cancel_all']"


def test_a_handler_that_was_forgotten_hears_nothing(kernel, comm):
    kernel.run("forget()")

    kernel.say(comm, {"kind": "cancel_all"})

    assert kernel.run("print(heard)") == "[]"


def test_masking_accounts_hides_them_in_every_view_at_once(kernel, comm):
    opened(kernel, comm)

    kernel.run("options.mask_accounts = True")

    columns = kernel.frame(comm, "snapshot")["body"]["columns"]
    assert columns["account_id"] == ["1000****65", "1000****65"]


def test_a_lost_link_is_told_to_the_views_and_to_those_that_open_later(kernel, comm):
    opened(kernel, comm)

    kernel.run("table.stop()")
    first = kernel.frame(comm, "stopped")
    kernel.say(comm, {"kind": "snapshot?"})
    later = kernel.frame(comm, "stopped")
    kernel.run("table.resume()")

    assert first["at"] == later["at"]
    assert len(first["at"]) == len("09:30:00")
    assert kernel.frame(comm, "running")["at"] == ""


def test_rows_are_not_in_the_widget_state_that_a_notebook_saves(kernel, comm):
    said = kernel.run("print('1000000365' in str(table.get_state()), len(str(table.get_state())))")

    assert said.split()[0] == "False"
    assert int(said.split()[1]) < 20_000


def test_closing_leaves_no_thread_comm_listener_or_feed(kernel):
    before = (
        "import ipywidgets; from ipywidgets.widgets.widget import _instances\n"
        "print(len(_instances), threading.active_count(), len(options._listeners), len(frames))"
    )
    first = kernel.run(before)

    kernel.run(TABLE)
    kernel.run("one, two = table, LiveTable('orders', XtOrder, rows)")
    kernel.run("one.close(); two.close(); two.close()")

    assert kernel.run(before) == first
    assert kernel.run("print(rows._feeds, table.comm, repr(table))") == (
        "[] None LiveTable('orders')"
    )


def test_a_closed_table_leaves_its_rows_and_the_time_in_the_output(kernel):
    kernel.run(TABLE)
    kernel.messages.clear()
    kernel.run("get_ipython().run_cell('table')")
    kernel.run("table.close()")

    shown = next(m for m in kernel.messages if m["msg_type"] == "display_data")["content"]
    left = next(m for m in kernel.messages if m["msg_type"] == "update_display_data")["content"]
    assert "application/vnd.jupyter.widget-view+json" in shown["data"]
    assert shown["data"]["text/plain"] == "LiveTable('orders')"
    assert left["transient"] == shown["transient"]
    assert list(left["data"]) == ["text/plain", "text/html"]
    assert "partly" not in left["data"]["text/html"]
    assert "working" in left["data"]["text/html"]
    assert "closed at 20" in left["data"]["text/html"]


def test_a_column_that_the_record_does_not_have_is_an_input_error():
    with pytest.raises(InputError, match="colour"):
        LiveTable("orders", XtOrder, Table(XtOrder, "order_id"), columns=["colour"])


def test_an_unknown_action_is_an_input_error():
    with pytest.raises(InputError, match="buy"):
        LiveTable("orders", XtOrder, Table(XtOrder, "order_id"), actions=["buy"])


def test_columns_take_labels_digits_and_codes_from_the_fields():
    described = {
        name: Column(name).of(XtOrder).describe()
        for name in ("order_time", "price", "order_volume", "order_id", "order_status")
    }

    assert described["order_time"]["kind"] == "time"
    assert (described["price"]["kind"], described["price"]["decimals"]) == ("number", 3)
    assert described["order_volume"]["kind"] == "number"
    assert described["order_id"]["kind"] == "id"
    assert described["order_status"]["labels"]["56"] == {"en": "filled", "zh": "已成"}
    assert described["price"]["label"] == {"en": "price", "zh": "委托价格"}


def test_language_and_colours_follow_the_options_until_the_table_is_closed():
    table = LiveTable("orders", XtOrder, Table(XtOrder, "order_id"))
    options.language, options.up = "zh", "green"
    seen = (table.language, table.up)
    table.close()
    options.language, options.up = "en", "red"

    assert seen == ("zh", "green")
    assert (table.language, table.up) == ("zh", "green")


def test_what_json_cannot_say_becomes_null():
    body = {"changed": [(1, {"price": float("nan"), "high": float("inf"), "low": 1.5})]}

    assert json.loads(encode(body)) == {"changed": [[1, {"price": None, "high": None, "low": 1.5}]]}


@pytest.mark.parametrize(
    ("account", "shown"), [("1000000365", "1000****65"), ("365", "****"), ("", "****")]
)
def test_a_masked_account_number_shows_its_ends_at_most(account, shown):
    assert masked(account) == shown
