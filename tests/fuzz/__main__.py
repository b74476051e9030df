"""Look for bytes that break what reads them: `python -m tests.fuzz NAME [RUNS] [SEED]`.

Led by coverage (atheris, on Linux). Ends with 0 when so many runs found nothing; else it
prints the bytes and where they led.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["xtnb"], enable_loader_override=False):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.fuzz")
    reader.add_argument("name", choices=TARGETS)
    reader.add_argument("runs", type=int, nargs="?", default=100_000)
    reader.add_argument("seed", type=int, nargs="?", default=1)
    told = reader.parse_args()
    target, seeds = TARGETS[told.name]
    with tempfile.TemporaryDirectory() as corpus:
        for number, sound in enumerate(seeds):
            (Path(corpus) / f"sound-{number}").write_bytes(sound)
        flags = [f"-runs={told.runs}", f"-seed={told.seed}", "-max_len=4096"]
        flags += ["-print_final_stats=1", f"-artifact_prefix={corpus}/"]
        atheris.Setup([sys.argv[0], *flags, corpus], target)
        atheris.Fuzz()


main()
