"""What a client may offer while its user types a brand or a category."""

from collections.abc import Mapping

import anyio
from fastmcp import FastMCP
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from servers.answers.hygiene import clean_line
from servers.index import Index

_MOST = 100


def add_completions(server: FastMCP, index: Index) -> None:
    """For the arguments `brand` and `category` of the prompt: what this catalog holds."""

    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        if not isinstance(reference, PromptReference):
            return None
        if argument.name not in ("brand", "category"):
            return None
        vocabulary = await anyio.to_thread.run_sync(index.vocabulary)
        known = vocabulary.brands if argument.name == "brand" else vocabulary.categories
        return _matching(known, argument.value)

    server.add_completion_handler(complete)


def _matching(known: Mapping[str, int], typed: str) -> Completion:
    """Those that begin with what is typed, then those that hold it; most frequent first."""
    typed = typed.strip().casefold()
    names = [clean_line(name) for name in known]
    begin = [name for name in names if name.casefold().startswith(typed)]
    within = [name for name in names if typed in name.casefold() and name not in set(begin)]
    found = begin + within
    return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)
