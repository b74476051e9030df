"""The rules of the house, as data and as one pass over the imports.

`violations(root)` reads every module of the package under `root` (the folder
that holds `xtnb/`) without importing any, function-level imports included, and
returns one line of text for each rule that is broken. An empty list is a house
in order. The floors and the rules are those of ARCHITECTURE.md.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "xtnb"

# Part -> floor. A part is a module or a package directly under xtnb/.
FLOORS = {
    "xtinstruction": 0,
    "xtconstant": 1,
    "errors": 1,
    "vocabulary": 2,
    "rules": 3,
    "journal": 3,
    "terminal": 4,
    "link": 4,
    "frames": 4,
    "endpoints": 5,
    "session": 6,
    "live": 7,
    "widgets": 8,
    "desk": 9,
    "__init__": 10,
    "xttrader": 10,
    "xttype": 10,
    "xtdata": 10,
    "alias": 10,
    "lab": 10,
    "cli": 10,
    "folders": 10,
    "__main__": 10,
}
# The façades and commands of the top floor count as one part: `__main__` calls
# `cli`, `cli` calls `alias` and `lab`. The circle rule still holds among them.
TOP = 10

# Library -> the parts that may import it. What is not listed may not be imported.
LIBRARIES = {
    "pandas": {"frames"},
    "numpy": {"frames"},
    "pyarrow": {"frames"},
    "plotly": {"widgets"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "traitlets": {"widgets"},
    "IPython": {"live", "widgets"},
    "ipykernel": {"live", "widgets"},
    "nacl": {"link"},
    "platformdirs": {"link", "live.screen"},
    "msgspec": {"link", "terminal"},
    "nest_asyncio": {"live.loop"},
    "asyncio": {"live.loop"},
    "click": {"cli"},
    "jupyterlab": {"lab"},
    "jupyter_server": {"lab"},
    "jupyter_core": {"lab"},
}

# Who may choose which terminal, link or trader there is.
CHOOSERS = {"endpoints", "desk", "cli", "folders"}
CHOSEN = ("terminal", "link")  # their modules are closed to everyone else ...
OPEN_MODULES = {"link.base"}  # ... but for the protocol
CHOSEN_CLASSES = {"XtQuantTrader": "session"}  # made by choosers and by their own part

# Inside these parts time, chance and threads come in as arguments.
SEALED = {"terminal", "rules"}
SEALED_OFF = {
    "time",
    "threading",
    "_thread",
    "concurrent",
    "multiprocessing",
    "sched",
    "secrets",
    "uuid",
    "signal",
}
WALL_CLOCK = {"now", "today", "utcnow"}  # on datetime and date
RANDOM_CLASS = "Random"  # random.Random(seed) is the one name of `random` that is fine

MODULE_LINES = 500
CLASS_LINES = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers"}


@dataclass
class Module:
    """One file of the package, read and not run."""

    name: str  # dotted, below xtnb: "rules.day"; "__init__" for the package itself
    path: Path
    tree: ast.Module
    lines: int
    package: bool  # an __init__.py
    imports: list[tuple[str, int]] = field(default_factory=list)  # dotted name, line

    @property
    def part(self) -> str:
        return self.name.split(".")[0]

    def at(self, line: int) -> str:
        return f"{PACKAGE}/{self.path.as_posix()}:{line}"


def read(root: Path) -> dict[str, Module]:
    """All modules under root/xtnb, by dotted name, with their imports resolved."""
    base = root / PACKAGE
    modules: dict[str, Module] = {}
    for path in sorted(base.rglob("*.py")):
        relative = path.relative_to(base)
        parts = list(relative.with_suffix("").parts)
        package = parts[-1] == "__init__"
        if package and len(parts) > 1:
            parts.pop()
        text = path.read_text(encoding="utf-8")
        name = ".".join(parts)
        tree = ast.parse(text, filename=str(path))
        modules[name] = Module(name, relative, tree, len(text.splitlines()), package)
    for module in modules.values():
        module.imports = list(_imports(module, modules))
    return modules


def _imports(module: Module, modules: dict[str, Module]) -> Iterator[tuple[str, int]]:
    """(full dotted name, line) of every import; a name that is no module is cut off."""
    here = [PACKAGE] if module.name == "__init__" else [PACKAGE, *module.name.split(".")]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                up = node.level - (1 if module.package else 0)
                origin = ".".join([*here[: len(here) - up], *filter(None, [origin])])
            inside = _below(origin)
            for alias in node.names:
                deeper = f"{inside}.{alias.name}" if inside else alias.name
                if inside is not None and deeper in modules:
                    yield f"{PACKAGE}.{deeper}", node.lineno
                else:
                    yield origin, node.lineno


def _below(dotted: str) -> str | None:
    """The name below xtnb ("" for xtnb itself), or None for another package."""
    if dotted == PACKAGE:
        return ""
    return dotted.removeprefix(f"{PACKAGE}.") if dotted.startswith(f"{PACKAGE}.") else None


def violations(root: Path) -> list[str]:
    """Every broken rule, one line each; empty when the house is in order."""
    modules = read(root)
    found: list[str] = []
    for module in modules.values():
        found += _floor_faults(module)
        found += _library_faults(module)
        found += _choice_faults(module)
        found += _seal_faults(module)
        found += _size_faults(module)
    found += _circles(modules)
    return found


def _floor_faults(module: Module) -> Iterator[str]:
    floor = FLOORS.get(module.part)
    if floor is None:
        yield f"{module.at(1)}: part {module.part} has no floor"
        return
    for dotted, line in module.imports:
        below = _below(dotted)
        if below is None:
            continue
        part = below.split(".")[0] or "__init__"
        target = FLOORS.get(part)
        if part == module.part or (floor == TOP and target == TOP):
            continue
        if target is None or target >= floor:
            yield f"{module.at(line)}: {module.part} (floor {floor}) imports {part} ({target})"


def _library_faults(module: Module) -> Iterator[str]:
    for dotted, line in module.imports:
        library = dotted.split(".")[0]
        if library == PACKAGE:
            continue
        allowed = LIBRARIES.get(library)
        if allowed is None:
            if library not in sys.stdlib_module_names:
                yield f"{module.at(line)}: library {library} belongs to no part"
        elif not allowed & {module.part, module.name}:
            yield f"{module.at(line)}: {library} is imported by {', '.join(sorted(allowed))} alone"


def _choice_faults(module: Module) -> Iterator[str]:
    if module.part in CHOOSERS:
        return
    for dotted, line in module.imports:
        below = _below(dotted) or ""
        part = below.split(".")[0]
        if part in CHOSEN and part != module.part and below not in OPEN_MODULES:
            yield f"{module.at(line)}: {below} is chosen by {', '.join(sorted(CHOOSERS))} alone"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            # the class itself, X() and m.X(), or one of its class methods, X.over()
            for made in (node.func, getattr(node.func, "value", None)):
                name = made.id if isinstance(made, ast.Name) else getattr(made, "attr", "")
                if CHOSEN_CLASSES.get(name, module.part) != module.part:
                    yield f"{module.at(node.lineno)}: makes a {name}, which is handed in"


def _seal_faults(module: Module) -> Iterator[str]:
    if module.part not in SEALED:
        return
    for dotted, line in module.imports:
        if dotted.split(".")[0] in SEALED_OFF:
            yield f"{module.at(line)}: {dotted} inside {module.part}/"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            names = {alias.name for alias in node.names} - {RANDOM_CLASS}
            if names:
                yield f"{module.at(node.lineno)}: random.{', '.join(sorted(names))} has no seed"
        elif isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if name == "random" and node.attr != RANDOM_CLASS:
                yield f"{module.at(node.lineno)}: random.{node.attr} has no seed"
            if name in {"datetime", "date"} and node.attr in WALL_CLOCK:
                yield f"{module.at(node.lineno)}: {name}.{node.attr} reads the wall clock"
            if name == "os" and node.attr == "urandom":
                yield f"{module.at(node.lineno)}: os.urandom has no seed"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            func = node.func
            name = func.id if isinstance(func, ast.Name) else func.attr
            if name == RANDOM_CLASS and not (node.args or node.keywords):
                yield f"{module.at(node.lineno)}: Random() without a seed"


def _size_faults(module: Module) -> Iterator[str]:
    if module.lines > MODULE_LINES:
        yield f"{module.at(1)}: {module.lines} lines, at most {MODULE_LINES}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > CLASS_LINES:
                yield f"{module.at(node.lineno)}: class {node.name} has {length} lines"
    for name in {module.path.stem, *module.path.parent.parts} & FORBIDDEN_NAMES:
        yield f"{module.at(1)}: {name} says nothing about what is inside"


def _circles(modules: dict[str, Module]) -> list[str]:
    """Circles of modules, each named once, by Tarjan's strongly connected components."""
    edges = {
        name: {
            target
            for dotted, _ in module.imports
            if (target := _below(dotted) or ("__init__" if dotted == PACKAGE else "")) in modules
            and target != name
        }
        for name, module in modules.items()
    }
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[str] = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for target in sorted(edges[name]):
            if target not in number:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], number[target])
        if low[name] == number[name]:
            ring = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(ring) > 1:
                found.append(f"circle: {' -> '.join([*ring, name])}")

    for name in sorted(modules):
        if name not in number:
            visit(name)
    return found
