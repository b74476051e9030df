"""easytrader and vnpy_xt, as their authors published them, on the paper terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.programs.runner import ROOT, SECONDS, running

pytestmark = pytest.mark.programs
HERE = Path(__file__).parent
START = "import sys; from xtnb.alias import run_script; sys.exit(run_script(sys.argv[1]))"

EASYTRADER = (
    ["--no-deps", "easytrader==0.23.7"],
    ["requests", "six", "easyutils", "flask", "pandas"],
)
VNPY = (
    ["--no-deps", "vnpy==4.1.0", "vnpy_xt==1.4.6"],
    ["--only-binary", ":all:", "ta-lib"],
    ["numpy", "tzlocal", "loguru", "tqdm", "filelock"],
)


def facts_of(driver: str, python: Path, folder: Path) -> tuple[dict[str, object], str]:
    """Run a driver to its end and gather what it told."""
    (folder / ".vntrader").mkdir()  # vnpy keeps its files in the working folder if that is there
    environment = {"PYTHONPATH": str(ROOT), "XTNB_SEED": "7"}
    with running(["-c", START, HERE / driver], python, environment, folder) as program:
        code, lines = program.end(2 * SECONDS)
    said = "\n".join(lines)
    assert code == 0, said
    facts: dict[str, object] = {}
    for line in lines:
        if line.startswith("{"):
            facts.update(json.loads(line))
    return facts, said


def test_easytrader_connects_trades_and_receives_pushes(environment_of, tmp_path):
    python = environment_of("easytrader", *EASYTRADER)

    facts, said = facts_of("drive_easytrader.py", python, tmp_path)

    assert facts["balance"][0]["account_id"] == "1000000365"
    assert len(facts["position"]) == 6
    assert facts["resting"] > 0
    assert facts["cancelled"] == {"success": True, "message": "success"}
    kinds = {order["order_id"]: order for order in facts["entrusts"]}
    assert kinds[facts["resting"]]["price_type_name"] == "限价"
    assert kinds[facts["resting"]]["order_status_name"] == "已撤"
    assert kinds[facts["bought"]]["price_type_name"] == "最优五档即时成交剩余撤销"
    assert kinds[facts["bought"]]["offset_flag_name"] == "买入"
    filled = [row for row in facts["trades"] if row["order_id"] == facts["bought"]]
    assert sum(row["traded_volume"] for row in filled) > 0
    assert "Traceback" not in said


def test_vnpy_s_gateway_connects_trades_and_receives_pushes(environment_of, tmp_path):
    python = environment_of("vnpy", *VNPY)

    facts, said = facts_of("drive_vnpy.py", python, tmp_path)

    assert facts["contract"] == "浦发银行"
    assert facts["pricetick"] == 0.01
    assert facts["balance"] > 0
    assert facts["volume"] > 0
    assert facts["bid"] < facts["ask"] <= facts["up"]
    assert facts["cancelled"]
    assert facts["traded"] == 300
    assert 0 < facts["trade"] <= 300
    assert any(log.startswith("撤单请求提交成功") for log in facts["logs"])
    assert "Traceback" not in said
