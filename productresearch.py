"""The command line: mounts the commands of each folder's `cli.py`, and says errors in one line."""

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from typing import Annotated, cast

import typer

FOLDERS = ("servers", "client", "synthesis", "finetune")

app = typer.Typer(name="productresearch", no_args_is_help=True, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(importlib.metadata.version("productresearch"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Research products in your own catalog: search it, read its reviews, get a cited report."""


def main() -> None:
    """Exit codes: 0 done, 1 failed, 2 bad usage, 3 stopped by a budget with a partial result."""
    try:
        for folder in FOLDERS:
            app.add_typer(importlib.import_module(f"{folder}.cli").app)
        app()
    except Exception as error:
        if "PRODUCTRESEARCH_DEBUG" in os.environ:
            raise
        print(f"productresearch: {in_one_line(error)}", file=sys.stderr)
        sys.exit(1)


def in_one_line(error: Exception) -> str:
    """Our own errors are written for people; any other is a fault of ours and says so."""
    for one in _single(error):
        if any(kind.__module__.split(".")[0] in FOLDERS for kind in type(one).__mro__):
            return " ".join(str(one).split())
    text = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {text} (PRODUCTRESEARCH_DEBUG=1 shows where)"


def _single(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _single(inner)
    else:
        yield error
