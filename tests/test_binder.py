"""The guide in a browser: what mybinder.org would build, built and run without Docker.

The image builder makes an environment of the Python in binder/runtime.txt, runs
binder/postBuild in the clone, and opens a notebook there. So does this test, in
an environment that has nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv

import pytest

from tests.project import committed


def test_the_runtime_is_a_python_that_xtnb_supports():
    runtime = (committed.ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8")

    assert runtime.strip() == "python-3.11"


@pytest.mark.skipif(sys.platform == "win32", reason="binder images are Linux; postBuild is bash")
@pytest.mark.skipif(os.environ.get("CI") != "true", reason="builds an environment; CI runs it")
def test_the_quickstart_runs_where_post_build_has_installed_xtnb(tmp_path):
    clone = committed.copy_to(tmp_path / "clone")
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "PATH": os.pathsep.join([str(home / "bin"), os.environ["PATH"]]),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }

    def run(*command: str, folder: str = ".") -> str:
        done = subprocess.run(
            command,
            cwd=clone / folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=600,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    run("bash", "binder/postBuild")
    where = run("python", "-c", "import xtnb; print(xtnb.__file__)", folder="notebooks")
    run("jupyter", "execute", "00_quickstart.ipynb", folder="notebooks")

    assert where.strip().startswith(str(home))
    assert list((home / "lib").rglob("xtnb/static/*.js"))
    assert list((home / "lib").rglob("xtnb/guide/00_quickstart.ipynb"))
