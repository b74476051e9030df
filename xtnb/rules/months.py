"""Which contract months are listed on a day."""

from __future__ import annotations

from datetime import date

DEMO_DAY = date(2026, 11, 20)  # where a clock moved by hand starts; the references are of that day
