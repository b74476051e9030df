"""`xtnb serve --vendor` over the stand-in, as a program that may be killed.

python tests/vendor/serving.py PORT FOLDER [OPTIONS OF xtnb serve]; the terminal behind it
is that of elsewhere.py at PORT.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.vendor import package
from tests.vendor.elsewhere import FarLink
from tests.vendor.links import vendor_package
from xtnb.cli import main
from xtnb.link import vendor_package as found


def serve(port: str, folder: str, *options: str) -> None:
    found._loaded.append(vendor_package())
    package.LINKS[folder] = FarLink(int(port))
    main(["serve", "--vendor", folder, *options])


if __name__ == "__main__":
    serve(*sys.argv[1:])
