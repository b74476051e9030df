"""The command `xtnb`: open the guide, run a script, serve a terminal and say who may use it.

xtnb lab [--no-browser] [--port N] [--dir FOLDER]
xtnb run [--account ID=CASH]... [--seed N] script.py [arguments of the script]...
xtnb serve FOLDER [--port N] [--host HOST --tls-cert PEM --tls-key PEM] [--nats URL]
xtnb keys add NAME --role reader|trader|terminal | list | revoke NAME | config TERMINAL...
xtnb audit TERMINAL [--last N] [--orders]
xtnb limits TERMINAL [ACCOUNT]
xtnb stop TERMINAL [--undo]
xtnb doctor FOLDER | --vendor [FOLDER]
xtnb export FOLDER OUT
"""

from __future__ import annotations

import errno
import json
import os
import re
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from xtnb import folders, lab
from xtnb.errors import XtnbError
from xtnb.journal import holds_journal
from xtnb.link.address import checked_name
from xtnb.link.console import end_as_by_ctrl_c, never_paused
from xtnb.link.flood import MOST_UNDER_WAY
from xtnb.link.keys import ROLES, KeyRing, people
from xtnb.link.limits import FILE as LIMITS
from xtnb.link.limits import SWITCH, LimitsFile, switches
from xtnb.link.server import Tls
from xtnb.vocabulary.options import options


class _Spoken(click.Command):
    """A command that says what fails, Chinese first, and shows no traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        r"""Read the words, without the quote that Windows leaves at the end of "D:\my qmt\"."""
        return super().parse_args(ctx, [one.rstrip('"') for one in args])

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. A failure ends with exit code 1, after its words."""
        try:
            return super().invoke(ctx)
        except XtnbError as error:
            raise click.ClickException(str(error)) from error
        except (OSError, sqlite3.Error) as fault:
            if getattr(fault, "errno", 0) == errno.EPIPE:  # nobody reads on, as of `| head`
                raise
            raise click.ClickException(
                f"无法读写：{fault}；请检查该文件或目录是否存在、是否有权限 / cannot be read or "
                f"written: {fault}; see that it is there and that you may use it"
            ) from fault


class _Commands(click.Group):
    """Commands of which each speaks, also where the screen knows no Chinese."""

    command_class = _Spoken

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run what the command line says."""
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="replace")
        return super().main(*args, **extra)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
    kept = lab.copy_guide(lab.guide_source(), folder)
    for line in kept:
        click.echo(line)
    click.echo(f"教程位于 / The guide is in {folder}")

    def say(address: str) -> None:
        click.echo(f"JupyterLab 的地址 / JupyterLab is at\n\n    {address}\n")
        click.echo(_ENDING)

    lab.serve(folder, port=port, browser=browser, say=say)


_ENDING = "按 Ctrl+C 结束 / Ctrl+C ends it"


def _accounts(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Let through only what is an account and an amount: ID=CASH."""
    for value in values:
        account, _, cash = value.partition("=")
        if not (account.strip() and cash.replace(".", "", 1).isdecimal()):
            raise click.BadParameter(
                f"应为 ID=CASH，如 88001=1000000，实为 {value!r} / "
                f"expected ID=CASH, such as 88001=1000000, was {value!r}"
            )
    return values


@main.command(
    name="run",
    cls=click.Command,  # what the program raises is its own affair, traceback and all
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


# -- served terminals --------------------------------------------------------------------------


def _certificate(tls_cert: Path | None, tls_key: Path | None) -> Tls | None:
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError(
            "--tls-cert 与 --tls-key 须同时给出 / --tls-cert and --tls-key come together"
        )
    return Tls(tls_cert, tls_key) if tls_cert and tls_key else None


@main.command(name="serve")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="What clients call the terminal [default: the folder's name].")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen here.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4222,
    show_default=True,
    help="Listen at this one; 0 is any that is free.",
)
@click.option("--seed", type=int, help="Chance of the market: the same seed, the same order flow.")
@click.option(
    *("--nats", "join"),
    default="",
    metavar="URL",
    help="Join a server or cluster: tls://KEY@host,…",
)
@click.option(
    "--replicas",
    type=click.IntRange(1, 5),
    default=1,
    show_default=True,
    help="Servers of a joined cluster that keep each push; 3 outlive the loss of one.",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A certificate, PEM: needed to listen for other machines.",
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Its key, PEM.",
)
@click.option("--vendor", is_flag=True, help="FOLDER is the userdata_mini of a real MiniQMT.")
@click.option("--until-eof", is_flag=True, help="End with the standard input: with who started it.")
@click.option(
    "--keep-days",
    type=click.FloatRange(0.01),
    default=7,
    show_default=True,
    help="Pushes are there so long for sessions that missed them.",
)
@click.option(
    "--keep-mb",
    type=click.IntRange(1),
    default=512,
    show_default=True,
    help="And no longer than until they take so much.",
)
@click.option(
    "--most-under-way",
    type=click.IntRange(1),
    default=MOST_UNDER_WAY,
    show_default=True,
    metavar="N",
    help="Requests of one session that wait for the terminal at once, and as many cancels; "
    "one more is refused.",
)
def serve(
    folder: Path,
    name: str | None,
    host: str,
    port: int,
    seed: int | None,
    join: str,
    replicas: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    vendor: bool,
    until_eof: bool,
    keep_days: float,
    keep_mb: int,
    most_under_way: int,
) -> None:
    """Serve the terminal of FOLDER to notebooks here and, with TLS, elsewhere.

    Who may connect is said by `xtnb keys`. Pushes are kept for --keep-days, or
    until they take --keep-mb. Ctrl+C ends it.
    """
    from xtnb.endpoints import link_to_serve
    from xtnb.link.invitation import invitation
    from xtnb.link.jetstream import Retention
    from xtnb.link.service import Service

    called = name or re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-") or "main"
    checked_name("--name", called)
    ring = KeyRing()
    new = not vendor and not holds_journal(folder.expanduser())
    link, journal, store = link_to_serve(folder, seed, vendor, called)
    if new:
        click.echo(folders.NEW.format(folder))
    service = Service(
        *(link, called, store, ring),
        host=host,
        port=port,
        tls=_certificate(tls_cert, tls_key),
        join=join,
        journal=journal,
        kept=Retention(keep_days, keep_mb),
        replicas=replicas,
        most_under_way=most_under_way,
    )
    end_as_by_ctrl_c()
    why = ""
    with suppress(KeyboardInterrupt), never_paused():
        address = service.start()
        try:
            if until_eof:
                threading.Thread(target=_end_with_input, args=(service.end,), daemon=True).start()
            for line in invitation(address, service.near, ring.place, bool(join), service.names):
                click.echo(line)
            click.echo(_ENDING)
            why = service.run()
        finally:
            service.stop()
    if why:
        raise click.ClickException(
            f"终端 {called} 已停止服务：{why}；已确认的委托与成交都在其日志中，没有丢失 / "
            f"terminal {called} is served no more: {why}; nothing that was acknowledged is lost, "
            "its journal has it all"
        )


def _end_with_input(end: Callable[[], None]) -> None:
    """A program that dies closes its end of the pipe, on every system."""
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    end()


@main.group(cls=_Commands)
def keys() -> None:
    """Who may connect to the terminals that are served here."""


@keys.command(name="add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--terminal", "terminals", multiple=True, help="Only this one. May be repeated.")
def add_key(name: str, role: str, terminals: tuple[str, ...]) -> None:
    """Make the key NAME: a reader sees, a trader also trades, a terminal serves."""
    ring = KeyRing()
    user = ring.add(name, role, terminals or ("*",))
    click.echo(f"已添加 {user.name}（{user.role}） / {user.name} is a {user.role} now")
    if terminals:
        named = ", ".join(terminals)
        click.echo(
            f"只用于终端 {named}，即 `xtnb serve` 所印地址末尾的名称 / "
            f"It is for {named} alone: the name at the end of the address that `xtnb serve` prints"
        )
    click.echo("密钥文件，请复制到使用它的机器 / Its secret, for the machine that uses it\n")
    click.echo(f"    {ring.secret_file(name)}\n")
    click.echo("放入那里的同名目录 / There it goes into the same folder of the configuration\n")
    click.echo(f"    {ring.secret_file(name).parent}")


@keys.command(name="list")
def list_keys() -> None:
    """Every key that is let in."""
    users = KeyRing().users()
    for user in users:
        click.echo(f"{user.name:20} {user.role:9} {','.join(user.terminals):20} {user.public}")
    if not users:
        add = "xtnb keys add NAME --role trader"
        click.echo(f"还没有密钥，用此命令添加：{add} / There is no key yet; one is made by: {add}")


@keys.command(name="config")
@click.option("--leaf-of", "domain", metavar="DOMAIN", help="For a leaf node in front of that hub.")
@click.argument("terminals", nargs=-1, required=True)
def keys_config(domain: str | None, terminals: tuple[str, ...]) -> None:
    """Print the keys for a nats-server of your own through which TERMINALS are served.

    It is an account XTNB with its users: what nats-server.conf includes. DOMAIN is the
    domain of the hub's JetStream; a leaf node has none of its own.
    """
    names = [checked_name("terminal", name) for name in terminals]
    users = people(KeyRing().users(), names)
    account: dict[str, object] = {"jetstream": "enabled", "users": users}
    if domain:
        # a leaf node maps before it judges
        hub = f"$JS.{domain}.API."
        there = json.loads(json.dumps(users).replace("$JS.API.", hub))
        account = {"mappings": {"$JS.API.>": f"{hub}>"}, "users": there}
    click.echo(json.dumps({"accounts": {"XTNB": account}}, indent=1))


@keys.command(name="revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Take the key NAME back; running servers end its connections within a second."""
    KeyRing().revoke(name)
    click.echo(f"已吊销 {name} / {name} is let in no more")


# -- limits ------------------------------------------------------------------------------------


def _place_of(terminal: str) -> Path:
    """The folder of a terminal, or where the limits of a served MiniQMT of that name lie."""
    folder = Path(terminal).expanduser()
    served = KeyRing().place / "served" / terminal
    if not folder.is_dir() and served.is_dir():
        return served
    if not folder.is_dir():
        raise click.UsageError(
            f"{terminal!r} 既不是终端的目录，也不是已提供服务的 MiniQMT 的名称；请检查路径 / "
            f"{terminal!r} is neither a terminal's folder nor the name of a served MiniQMT; "
            "check the path"
        )
    return folder


@main.command(name="limits")
@click.argument("terminal")
@click.argument("account", required=False, default="")
def show_limits(terminal: str, account: str) -> None:
    """What ACCOUNT, or every account, of TERMINAL may do: its limits.toml, checked.

    TERMINAL is a folder, or the name of a served MiniQMT.
    """
    folder = _place_of(terminal)
    place = folders.limits_place(folder)
    limits = LimitsFile(place).written(account)
    if switches(folder) or switches(place):
        click.echo(
            f"交易已被总开关停止，`xtnb stop {terminal} --undo` 恢复 / "
            f"Trading is stopped by the kill switch; `xtnb stop {terminal} --undo` ends that"
        )
    none = "" if (place / LIMITS).exists() else "  （没有该文件 / there is no such file）"
    click.echo(f"{place / LIMITS}{none}")
    for name, value in asdict(limits).items():
        click.echo(f"  {name:16} {'不限 / no limit' if value is None else value}")


@main.command(name="stop")
@click.argument("terminal")
@click.option("--undo", is_flag=True, help="Let orders out again.")
def stop_trading(terminal: str, undo: bool) -> None:
    """The kill switch: TERMINAL takes no order any more, from anybody; cancels it does.

    It holds in notebooks, scripts and servers. Algorithms of a paper terminal end; those that a
    broker works go on until cancelled.
    TERMINAL is a folder, or the name of a served MiniQMT.
    """
    place = _place_of(terminal)
    switch = place / SWITCH
    if undo:
        for one in (switch, *switches(place)):
            one.unlink(missing_ok=True)
        click.echo("已恢复交易 / Orders go out again")
        return
    try:
        switch.touch()
    except OSError as fault:
        raise click.ClickException(
            f"交易没有停止：{fault}；请用有权写入该目录的用户重试 / "
            f"Trading is NOT stopped: {fault}; try again as a user who may write to that folder"
        ) from fault
    if not folders.has_limits(place):
        raise click.ClickException(
            f"{place} 中没有终端，未停止任何交易，请确认路径；已写入的 {SWITCH} 用 "
            f"`xtnb stop {terminal} --undo` 删除 / there is no terminal in that folder, so NONE "
            f"is stopped: check the path; `xtnb stop {terminal} --undo` takes {SWITCH} away"
        )
    click.echo(
        f"{place}：交易已停止，撤单仍可用；`xtnb stop {terminal} --undo` 恢复 / "
        f"Trading is stopped; cancels still work. `xtnb stop {terminal} --undo` ends it"
    )


_MARKS = {"ok": "[ ok ]", "note": "[note]", "wrong": "[ !! ]"}


@main.command(name="doctor")
@click.option("--vendor", is_flag=True, help="Check the way to a real MiniQMT.")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Print in English or Chinese.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def doctor(vendor: bool, language: str | None, folder: Path | None) -> None:
    """Say what is found, what it means and what to do. 检查清单

    FOLDER is that of a durable paper terminal, which may be open meanwhile; nothing of it
    is changed. With --vendor it is the userdata_mini of a MiniQMT, and the command runs on
    that Windows machine; it connects and reads, and sends no order.
    """
    if folder is None and not vendor:
        raise click.UsageError("需要 FOLDER 或 --vendor / FOLDER, or --vendor, is needed")
    found = folders.looked_at(folder) if folder and not vendor else folders.miniqmt(folder)
    wrong = False
    for one in found:
        click.echo(f"{_MARKS[one.state]} {one.name}: {one.text(language or options.language)}")
        wrong = wrong or one.state == "wrong"
    if wrong:
        raise SystemExit(1)


@main.command(name="audit")
@click.argument("terminal")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@click.option("--orders", is_flag=True, help="Only orders, cancels, transfers: no queries.")
def audit(terminal: str, last: int, orders: bool) -> None:
    """Who asked TERMINAL for what, from where, and what came of it. 审计

    TERMINAL is a folder, or the name of a served MiniQMT. It may be open meanwhile.
    What stands before "says" is proven, by the key that asked; what follows is what that
    program says of itself. Queries are there within a second.
    """
    for line in folders.audited(_place_of(terminal), last, orders):
        click.echo(line)


@main.command(name="export")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
def export(folder: Path, out: Path) -> None:
    """Write everything that a durable terminal has into Parquet files in OUT. 导出

    Orders, trades, asset and positions of every push, what accounts had at the end of
    each day, and who asked for what. The terminal may be open meanwhile.
    """

    def progress(name: str, many: int) -> Any:
        return click.progressbar(length=many, label=f"{name:18}", show_pos=True)

    folders.export(folder, out, progress)
    click.echo(f"已写入 / Written to {out}")
