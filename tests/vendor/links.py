"""Links of ours through the vendor's own Python layer to whatever link a test has.

VendorLink -> the vendor's xttrader.py, unmodified -> a stand-in for its compiled
client -> the test's link.
"""

from __future__ import annotations

import itertools
from typing import Any

from tests.vendor import package
from xtnb.link.base import Link
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_asked import Limits
from xtnb.link.vendor_package import Package

_numbers = itertools.count(1)
# A session that was left may be followed at once: the stand-in needs no rest.
AT_ONCE = Limits(rest=0.0)


def vendor_package(data: Any = None) -> Package:
    """The vendor's package over the stand-in."""
    return Package(package.xttrader(), data, "stand-in")


def vendor_link(
    behind: Link, limits: Limits = AT_ONCE, data: Any = None, **more: Any
) -> VendorLink:
    """A link to a MiniQMT behind which is another link."""
    path = f"D:\\迅投\\userdata_mini\\{next(_numbers)}"
    package.LINKS[path] = behind
    return VendorLink(path, vendor_package(data), limits, **more)
