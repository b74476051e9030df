"""The command `xtnb`: open the guide, run a script on the paper terminal.

xtnb lab [--no-browser] [--port N] [--dir FOLDER]
xtnb run [--account ID=CASH]... [--seed N] script.py [arguments of the script]...
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import click

from xtnb import lab
from xtnb.errors import XtnbError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("xtnb"), prog_name="xtnb")
def main() -> None:
    """The XtQuant trading API in Jupyter, with a paper terminal that runs anywhere."""


@main.command(name="lab")
@click.option("--browser/--no-browser", default=True, help="Open your browser at the quickstart.")
@click.option("--port", type=click.IntRange(1, 65535), help="Listen here [default: 8888 or next].")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    help="Your copy of the guide [default: xtnb-guide in your home].",
)
def open_lab(browser: bool, port: int | None, folder: Path | None) -> None:
    """Open the guide in JupyterLab, on a copy that is yours. Ctrl+C ends it."""
    folder = (folder or lab.default_folder()).expanduser().resolve()
    try:
        kept = lab.copy_guide(lab.guide_source(), folder)
    except XtnbError as error:
        raise click.ClickException(str(error)) from error
    for line in kept:
        click.echo(line)
    click.echo(f"The guide is in {folder}")

    def say(address: str) -> None:
        click.echo(f"JupyterLab is at\n\n    {address}\n\nCtrl+C ends it.")

    lab.serve(folder, port=port, browser=browser, say=say)


def _accounts(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Let through only what is an account and an amount: ID=CASH."""
    for value in values:
        account, _, cash = value.partition("=")
        if not (account.strip() and cash.replace(".", "", 1).isdecimal()):
            raise click.BadParameter(f"expected ID=CASH, such as 88001=1000000, was {value!r}")
    return values


@main.command(
    name="run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="ID=CASH",
    callback=_accounts,
    help="Open a paper account with this much cash, in yuan. May be repeated.",
)
@click.option("--seed", type=int, help="Chance of the market: the same seed, the same order flow.")
@click.argument("script", type=click.Path(exists=True, dir_okay=False))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_script(
    accounts: tuple[str, ...], seed: int | None, script: str, arguments: tuple[str, ...]
) -> None:
    """Run an unchanged xtquant program on the paper terminal.

    Options stand before SCRIPT; what follows it goes to the program.
    """
    from xtnb import alias  # the guide does not wait for the whole API

    if accounts:
        os.environ["XTNB_ACCOUNTS"] = ",".join(accounts)
    if seed is not None:
        os.environ["XTNB_SEED"] = str(seed)
    raise SystemExit(alias.run_script(script, list(arguments)))
