"""`python -m xtnb` is the command `xtnb`."""

from xtnb.cli import main

if __name__ == "__main__":
    main(prog_name="xtnb")
