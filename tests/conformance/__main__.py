"""Run every case and print the table: number, section of the manual, what, pass or FAIL."""

from __future__ import annotations

import logging
import sys
import traceback

from tests.conformance.cases import CASES
from tests.conformance.stage import close_shared


def main() -> int:
    """Print the table; 0 when every case passed."""
    logging.getLogger("xtnb").setLevel(logging.CRITICAL)  # refusals are what is tried here
    failed: list[str] = []
    for case in CASES:
        try:
            case.run()
        except Exception as wrong:
            failed.append(f"{case.id}\n{''.join(traceback.format_exception(wrong, limit=-2))}")
            verdict = "FAIL"
        else:
            verdict = "pass"
        print(f"{case.label}  {verdict}  {case.section:<24}  {case.what}")
    close_shared()
    print(f"\n{len(CASES)} cases: {len(CASES) - len(failed)} passed, {len(failed)} failed")
    for text in failed:
        print(f"\n{text}")
    return 1 if failed else 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
