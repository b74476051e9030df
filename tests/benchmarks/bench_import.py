"""What `import xtnb.xttrader` costs a script, and what it leaves alone.

Run: python tests/benchmarks/bench_import.py

Each import happens in a new interpreter, whose own start is not counted. The
first one is left out, as it may have to write byte code.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

TIMES = 15
HEAVY = ("pandas", "numpy", "ipywidgets", "anywidget", "plotly", "nest_asyncio", "IPython")

_IMPORT = """
import json, sys, time
wall, cpu, before = time.perf_counter(), time.process_time(), len(sys.modules)
import {module}
seconds = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([*seconds, len(sys.modules) - before, [n for n in {heavy!r} if n in sys.modules]]))
"""


def imported(module: str) -> tuple[float, float, int, list[str]]:
    """Wall and CPU seconds, the number of modules loaded, the heavy ones among them."""
    code = _IMPORT.format(module=module, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    wall, cpu, modules, heavy = json.loads(done.stdout)
    return wall, cpu, modules, heavy


if __name__ == "__main__":
    print(f"a new interpreter each time, {TIMES} times: best (median)")
    for module in ("xtnb.xttrader", "xtnb.xtconstant", "xtnb"):
        imported(module)
        found = [imported(module) for _ in range(TIMES)]
        walls, cpus = [one[0] * 1e3 for one in found], [one[1] * 1e3 for one in found]
        heavy = ", ".join(found[0][3]) or "none"
        print(
            f"import {module:16s} {min(walls):6.1f} ({statistics.median(walls):6.1f}) ms, "
            f"CPU {min(cpus):6.1f} ({statistics.median(cpus):6.1f}) ms, "
            f"{found[0][2]} modules, of {'/'.join(HEAVY)}: {heavy}"
        )
