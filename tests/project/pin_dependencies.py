"""Write the exact version of every dependency into pyproject.toml.

Run: uv run python tests/project/pin_dependencies.py            (the newest versions)
     uv run python tests/project/pin_dependencies.py --check    (would anything change?)

`uv lock` resolves the project once for all systems and all Pythons from
requires-python up; its versions, transitive ones and development tools
included, become `[tool.uv] constraint-dependencies`, and those of the build
requirements `build-constraint-dependencies`. The lock file itself stays out of
the repository, because it names the host of a registry; the pins do not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent.parent
# hatchling asks for it when a package is installed editable, which no metadata says.
BUILD_EXTRAS = ["editables"]
OLDEST_PYTHON = "3.11"
LISTS = ("constraint-dependencies", "build-constraint-dependencies")


def without_pins(text: str) -> str:
    """The text of a pyproject.toml with both lists of pins emptied."""
    for name in LISTS:
        text = _replace_list(text, name, [])
    return text


def with_pins(text: str, pins: list[str], build_pins: list[str]) -> str:
    """The text of a pyproject.toml with both lists of pins replaced, the rest untouched."""
    for name, values in zip(LISTS, (pins, build_pins), strict=True):
        text = _replace_list(text, name, values)
    return text


def _replace_list(text: str, name: str, values: list[str]) -> str:
    rows = "".join(f"  '{value}',\n" for value in values)
    block = f"{name} = [\n{rows}]\n"
    found = re.compile(rf"^{name} = \[\n(?:.*\n)*?\]\n", re.MULTILINE)
    if found.search(text):
        return found.sub(lambda _: block, text, count=1)
    if "[tool.uv]\n" not in text:
        text = text.rstrip("\n") + "\n\n[tool.uv]\n"
    return text.replace("[tool.uv]\n", "[tool.uv]\n" + block, 1)


def pins_of(lock: dict[str, Any]) -> list[str]:
    """name==version of each locked package, with a marker where a package has several."""
    packages = [p for p in lock["package"] if "registry" in p["source"]]
    versions: dict[str, int] = {}
    for package in packages:
        versions[package["name"]] = versions.get(package["name"], 0) + 1
    return sorted(
        f"{p['name']}=={p['version']}" + (_marker(p) if versions[p["name"]] > 1 else "")
        for p in packages
    )


def _marker(package: dict[str, Any]) -> str:
    """Where the lock takes this version of a package, as short as it can be said."""
    marker = " or ".join(f"({part})" for part in package["resolution-markers"])
    marker = marker.replace("'", '"')
    if ranges := _python_ranges(marker):
        return f" ; {ranges}"
    return f" ; {marker}"


def _python_ranges(marker: str) -> str:
    """The marker as ranges of Python alone, or "" where the system matters too."""
    named = re.findall(r'python_full_version [<>=]+ "([\d.]*\d)', marker)
    bounds = sorted({Version(text) for text in [*named, OLDEST_PYTHON]})
    holds = []
    for python in bounds:
        answers = {
            Marker(marker).evaluate({"python_full_version": f"{python}", "sys_platform": system})
            for system in ("win32", "linux", "darwin", "emscripten")
        }
        if len(answers) > 1:
            return ""
        holds.append(answers.pop())
    edges = [
        f'python_full_version {">=" if now else "<"} "{python}"'
        for python, before, now in zip(bounds[1:], holds, holds[1:], strict=False)
        if before != now
    ]
    return edges[0] if len(edges) == 1 else ""


def lock(project: str) -> dict[str, Any]:
    """What `uv lock` resolves for the text of a pyproject.toml, away from the repository."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(project, encoding="utf-8")
        subprocess.run(["uv", "lock", "--quiet"], cwd=folder, check=True)
        return tomllib.loads((Path(folder) / "uv.lock").read_text(encoding="utf-8"))


def build_project(project: dict[str, Any]) -> str:
    """A pyproject.toml whose dependencies are the build requirements of `project`."""
    requires = [*project["build-system"]["requires"], *BUILD_EXTRAS]
    return (
        '[project]\nname = "build-requirements"\nversion = "0"\n'
        f'requires-python = "{project["project"]["requires-python"]}"\n'
        f"dependencies = {requires!r}\n"
    )


def main(arguments: list[str]) -> int:
    path = ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    bare = without_pins(text)
    pins = pins_of(lock(bare))
    build_pins = pins_of(lock(build_project(tomllib.loads(bare))))
    renewed = with_pins(text, pins, build_pins)
    if renewed == text:
        print("The pins are the newest.")
        return 0
    if "--check" in arguments:
        print("The pins are not the newest; run without --check to renew them.")
        return 1
    path.write_text(renewed, encoding="utf-8", newline="\n")
    print(f"{len(pins)} pins and {len(build_pins)} build pins written to {path.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
