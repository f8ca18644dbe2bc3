"""`productresearch synthesize`: runs become training data."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from synthesis.errors import SynthesisError

app = typer.Typer()
synthesize = typer.Typer(
    name="synthesize", help="Training data from research runs.", no_args_is_help=True
)
app.add_typer(synthesize)


@synthesize.command()
def row(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="A file to append the line to; default: stdout.")
    ] = None,
) -> None:
    """Prints a run as one line of training data for LLaMA-Factory (ShareGPT, JSON)."""
    from client import runs
    from synthesis.export import row as row_of

    line = json.dumps(row_of(runs.read(run)), ensure_ascii=False) + "\n"
    if out is None:
        sys.stdout.write(line)
        return
    try:
        with out.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise SynthesisError(f"{out} cannot be written ({error.strerror})") from None
