"""The commands of the servers: index, serve, install, uninstall, doctor."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from servers import settings

# FastMCP reads a file `.env` of the current folder, and MCP clients start servers in whatever
# project is open: what a cloned repository brings along must change nothing.
os.environ.setdefault("FASTMCP_ENV_FILE", os.devnull)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="URL",
        help="Folder of the index, or https://host:9200/prefix for one in Elasticsearch"
        " (default: PRODUCTRESEARCH_INDEX, else in your data folder).",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command("index")
def index_command(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Files or folders to index.")
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--mapping",
            metavar="M",
            help="How columns become fields: icecat, toys, toys-reviews, webshop or a TOML file."
            " May be given several times.",
        ),
    ] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="EUR", help="Currency of prices that name none.")
    ] = None,
    index: IndexOption = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what the sources no longer have.")
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write rejected rows (default: beside it)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read products, reviews and pages into an index. Safe to run again."""
    from servers.indexing import index_sources

    into = settings.index_place(index)
    with _progress() as progress:
        task = progress.add_task("reading", total=None)
        indexed = index_sources(
            sources,
            into,
            mapping=mapping or (),
            currency=currency,
            prune=prune,
            rejects=rejects,
            on_progress=lambda doing, count: progress.update(
                task, description=doing, completed=count
            ),
        )
    if as_json:
        typer.echo(json.dumps(indexed.as_json(), ensure_ascii=False, indent=1))
    else:
        from servers.setup.reporting import indexed_lines

        typer.echo("\n".join(indexed_lines(indexed)))


def _progress() -> Progress:
    """On stderr, and only where someone looks at it."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} records"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


@app.command("demo-shop")
def demo_shop(
    folder: Annotated[Path, typer.Argument(help="Its files go to sources/ in here.")],
    seed: Annotated[int, typer.Option(help="Another seed, another shop.")] = 7,
) -> None:
    """Writes a made-up shop to try things on: products, reviews, buying guides."""
    from servers.demo import write_shop

    shop = write_shop(folder, seed)
    print(
        f"wrote     {len(shop.products):,} products, {len(shop.reviews):,} reviews,"
        f" {len(shop.pages):,} pages to {folder / 'sources'}"
    )


@app.command()
def serve(
    which: Annotated[
        Literal["catalog", "reviews", "web", "all"], typer.Argument(help="Which tools to offer.")
    ] = "all",
    index: IndexOption = None,
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP instead of stdio.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port, with --http; 0: any free one.")
    ] = 8765,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ask for the bearer token in this file, with --http."),
    ] = None,
    web: Annotated[
        settings.WebMode | None,
        typer.Option(
            "--web",
            help="Pages: none, the indexed ones (default), the live web too, or what was kept of it"
            " (no network).",
        ),
    ] = None,
    fetch: Annotated[
        Literal["found", "any"],
        typer.Option(help="With --web live: read what a search found, or any public address."),
    ] = "found",
) -> None:
    """Serve the index to MCP clients, over stdio (default) or HTTP at /mcp."""
    if token_file is not None and not http:
        raise typer.BadParameter("--token-file goes with --http; stdio needs no token.")
    mode = settings.web_mode(web)
    if mode == "off" and which == "web":
        raise typer.BadParameter("--web off leaves `serve web` without a tool.")
    if fetch == "any" and mode != "live":
        raise typer.BadParameter("--fetch any goes with --web live.")
    from servers.app import PARTS, Part, build_app, serve_http, serve_stdio
    from servers.live.opening import open_web
    from servers.opening import local_folder, open_index

    place = settings.index_place(index)
    wanted: tuple[Part, ...] = PARTS if which == "all" else (which,)
    parts: list[Part] = [part for part in wanted if (part, mode) != ("web", "off")]
    with closing(open_index(place)) as opened:
        beyond = None
        if "web" in parts:
            allowed = fetch == "any"
            folder = local_folder(place)
            beyond = open_web(mode, folder, settings.web_settings(), any_address=allowed)
        server = build_app(opened, parts, beyond)
        if http:
            serve_http(server, host, port, token_file)
        else:
            serve_stdio(server)


NameOption = Annotated[str, typer.Option(metavar="NAME", help="Name of the server in the client.")]


@app.command()
def install(
    client: Annotated[
        Literal["claude-code", "claude-desktop", "vscode", "cursor"] | None,
        typer.Argument(metavar="CLIENT", help="claude-code, claude-desktop, vscode or cursor."),
    ] = None,
    index: IndexOption = None,
    name: NameOption = settings.APP,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the entry, for any client; change nothing.")
    ] = False,
) -> None:
    """Write the servers into an MCP client's configuration. Safe to run again."""
    from servers.setup import install as installing

    program, into = installing.executable(), settings.index_place(index)
    if only_print:
        typer.echo(installing.snippet(client, name, program, into))
        return
    if client is None:
        raise typer.BadParameter("name a client, or give --print for any other.")
    try:
        done = installing.install(client, name, program, into)
    except installing.CannotInstall as error:
        if error.paste:
            typer.echo(error.paste)
        raise
    typer.echo(f"{done.outcome}: {name} in {done.path}")
    _say_backup(done.backup)
    typer.echo(done.after)


@app.command()
def uninstall(
    client: Annotated[
        Literal["claude-code", "claude-desktop", "vscode", "cursor"],
        typer.Argument(metavar="CLIENT", help="claude-code, claude-desktop, vscode or cursor."),
    ],
    name: NameOption = settings.APP,
) -> None:
    """Take the servers out of an MCP client's configuration, and nothing else."""
    from servers.setup import install as installing

    done = installing.uninstall(client, name)
    typer.echo(f"{done.outcome}: {name} in {done.path}")
    _say_backup(done.backup)


def _say_backup(backup: Path | None) -> None:
    if backup is not None:
        typer.echo(f"backup: {backup}")


@app.command()
def doctor(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Check what is installed, indexed and configured, and say what to do."""
    from servers.setup.doctor import checks
    from servers.setup.health import FAIL
    from servers.setup.reporting import check_lines

    found = checks(index)
    if as_json:
        typer.echo(json.dumps([check.as_json() for check in found], ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(check_lines(found)))
    if any(check.state == FAIL for check in found):
        raise typer.Exit(1)
