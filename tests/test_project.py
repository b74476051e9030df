"""The project around the code: its two commands, its pins, what is committed, what is imported."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement

from tests.project import pin_dependencies
from tests.project.committed import ROOT, tracked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMMANDS = (
    "python -m pip install uv && uv run xtnb lab",
    "python -m pip install uv && uv run pytest",
)
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = (
    "py" + "pi.org/simple",
    "python" + "hosted.",
    "npm" + "js.",
    "npm" + "mirror.",
    "extra-" + "index",
)
MACHINE_PATHS = re.compile(r"/ro{2}t/|/hom{1}e/\w+/|/o{1}pt/wheels|C:\\{1,2}Users\\{1,2}\w+\\")


def texts() -> list[tuple[str, str]]:
    """(path below the root, text) of every tracked file that is text."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:4096]:
            name = path.relative_to(ROOT).as_posix()
            found.append((name, content.decode("utf-8", errors="replace")))
    return found


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_both_commands_before_its_first_section(name):
    opening = (ROOT / name).read_text(encoding="utf-8").split("\n## ")[0]

    for command in COMMANDS:
        assert command in opening.splitlines()


def test_every_variable_is_in_a_table_for_those_who_set_it():
    form = re.compile(r"(?:environ.*?|_ENVIRONMENT = )\"(XTNB_[A-Z_]+)\"")
    code = [(name, text) for name, text in texts() if name.endswith(".py")]
    of_users = {
        one for name, text in code if name.startswith("xtnb/") for one in form.findall(text)
    }
    of_tests = {
        one for name, text in code if name.startswith("tests/") for one in form.findall(text)
    }

    rows = [
        set(re.findall(r"^\| `(XTNB_[A-Z_]+)` \|", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("notebooks/guide_many_machines.md", "CONTRIBUTING.md")
    ]

    assert set.union(*rows) == of_users | of_tests
    assert rows[0] == of_users - {"XTNB_KILL_AT"}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_file_that_the_readme_links_to_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text) + re.findall(r'src="([^"]+)"', text)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_example_of_the_readme_runs_and_its_order_fills(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    script = f"{example}\nprint(order.wait(30).filled)\ndesk.close()\n"

    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", timeout=120
    )

    assert len([line for line in example.splitlines() if line]) == 5
    assert said.stdout.splitlines()[-1:] == ["200"], said.stderr


def test_ci_calls_the_second_command():
    assert COMMANDS[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_lock_file_and_no_host_of_a_registry_is_committed():
    assert "uv.lock" not in {path.name for path in tracked()}
    found = [name for name, text in texts() if any(host in text for host in REGISTRIES)]

    assert found == []


def test_no_path_of_one_machine_is_committed():
    found = [(n, m[0]) for n, text in texts() if (m := MACHINE_PATHS.search(text))]
    here = [name for name, text in texts() if str(ROOT) in text]

    assert (found, here) == ([], [])


def test_every_installed_package_is_pinned_at_its_version():
    requirements = [
        Requirement(text) for name in pin_dependencies.LISTS for text in PROJECT["tool"]["uv"][name]
    ]
    pins = {
        r.name: {str(s.version) for s in r.specifier}
        for r in requirements
        if r.marker is None or r.marker.evaluate()
    }
    installed = {
        re.sub(r"[-_.]+", "-", found.name).lower(): found.version
        for found in distributions(path=[path for path in sys.path if "site-packages" in path])
    }
    tools = {"xtnb", "pip", "setuptools", "wheel", "uv"}

    wrong = {
        name: version
        for name, version in installed.items()
        if name not in tools and version not in pins.get(name, ())
    }

    assert wrong == {}


def test_every_dependency_of_the_project_is_pinned_exactly():
    pinned = {Requirement(text).name for text in PROJECT["tool"]["uv"]["constraint-dependencies"]}
    build = {
        Requirement(text).name for text in PROJECT["tool"]["uv"]["build-constraint-dependencies"]
    }
    declared = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]

    assert {Requirement(text).name for text in declared} <= pinned
    assert {Requirement(text).name for text in PROJECT["build-system"]["requires"]} <= build


def test_renewing_the_pins_changes_nothing_but_the_pins():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    uv = PROJECT["tool"]["uv"]

    bare = pin_dependencies.without_pins(text)
    again = pin_dependencies.with_pins(bare, *(uv[name] for name in pin_dependencies.LISTS))

    assert tomllib.loads(bare)["tool"]["uv"]["constraint-dependencies"] == []
    assert again == text


def test_a_package_with_two_versions_is_pinned_with_the_shortest_marker():
    lock = {
        "package": [
            {"name": "xtnb", "version": "0", "source": {"editable": "."}},
            {"name": "six", "version": "1.17.0", "source": {"registry": "x"}},
            {
                "name": "numpy",
                "version": "2.4",
                "source": {"registry": "x"},
                "resolution-markers": [
                    "python_full_version < '3.12' and sys_platform == 'win32'",
                    "python_full_version < '3.12' and sys_platform != 'win32'",
                ],
            },
            {
                "name": "numpy",
                "version": "2.5",
                "source": {"registry": "x"},
                "resolution-markers": [
                    "python_full_version == '3.14.*'",
                    "python_full_version >= '3.15'",
                    "python_full_version >= '3.12' and python_full_version < '3.14'",
                ],
            },
        ]
    }

    assert pin_dependencies.pins_of(lock) == [
        'numpy==2.4 ; python_full_version < "3.12"',
        'numpy==2.5 ; python_full_version >= "3.12"',
        "six==1.17.0",
    ]


HEAVY = ("pandas", "numpy", "ipywidgets", "anywidget", "plotly", "IPython", "jupyterlab")


@pytest.mark.parametrize("module", ["xtnb", "xtnb.xttrader", "xtnb.xttype", "xtnb.xtconstant"])
def test_importing_the_api_loads_no_heavy_library(module):
    script = f"import sys, {module}; print([n for n in {HEAVY!r} if n in sys.modules])"

    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.strip() == "[]"


def test_the_package_is_typed():
    assert (ROOT / "xtnb" / "py.typed").exists()
