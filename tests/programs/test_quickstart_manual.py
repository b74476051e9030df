"""The manual's own program, 快速入门, on the paper terminal."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.manual import tables
from tests.programs.runner import running
from xtnb.rules.instruments import find
from xtnb.terminal.clock import HandClock
from xtnb.terminal.market import Market

PROGRAM = Path(__file__).with_name("quickstart_manual.py")
WHOLE_LINES = Path(__file__).with_name("whole_lines.py")


def main_lines(lines: list[str]) -> list[str]:
    """What the main program printed, without what its callbacks did."""
    return [line for line in lines if not line.startswith("| ")]


def after(lines: list[str], head: str) -> str:
    """The line that the main program printed after `head`."""
    return lines[lines.index(head) + 1]


def test_the_program_is_the_manual_s_but_for_broken_lines_and_indentation():
    section = tables.text().split("### 创建策略", 1)[1].split("## 进阶篇", 1)[0]
    printed = "".join(re.findall(r"```\n(.*?)```", section, flags=re.DOTALL))

    ours = PROGRAM.read_text(encoding="utf-8")

    assert "".join(ours.split()) == "".join(printed.split())


def test_the_manual_s_program_runs_unmodified_to_its_run_forever():
    def finished(lines: list[str]) -> bool:
        said = main_lines(lines)
        return "position:" in said and said.index("position:") + 1 < len(said)

    with running([WHOLE_LINES, PROGRAM], environment={"XTNB_SEED": "7"}) as program:
        said = main_lines(program.wait(finished))
        everything = "\n".join(program.lines)
        code = program.interrupt()

    assert said[:3] == ["demo test", "0", "0"]
    first = int(after(said, "order using the fix price:"))
    assert first > 0
    assert after(said, "cancel order:") == "0"
    assert int(after(said, "order using async api:")) > first
    assert float(after(said, "asset:").removeprefix("cash ")) > 0
    assert after(said, "order:") == f"order {first}"
    orders = next(line for line in said if line.startswith("orders: "))
    assert int(orders.removeprefix("orders: ")) == 2
    assert after(said, "last order:") == "600000.SH 200 10.5"
    assert any(re.fullmatch(r"trades: \d+", line) for line in said)
    assert any(re.fullmatch(r"positions: [1-9]\d*", line) for line in said)
    assert after(said, "position:").startswith("1000000365 600000.SH ")
    assert "on order callback:" in everything
    assert "on asset callback" in everything
    assert "Traceback" not in everything
    assert code in (0, 130) or os.name == "nt"


def test_its_first_order_rests_whatever_the_chance_of_the_market():
    pufa = find("600000.SH")
    for seed in range(40):
        market = Market(HandClock("2026-11-20 23:50:00"), seed, [pufa])

        assert market.book("600000.SH").best_bid > 105_500, seed
