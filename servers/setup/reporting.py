"""Counts and checks as lines for people."""

from collections.abc import Iterator, Mapping, Sequence

from servers.indexing import Indexed
from servers.records import Kind
from servers.setup.health import Check


def indexed_lines(indexed: Indexed) -> Iterator[str]:
    """The outcome of `productresearch index`."""
    yield f"read      {_kinds(indexed.read)}"
    yield f"added     {indexed.added:,}"
    yield f"replaced  {indexed.replaced:,}"
    if indexed.repeated:
        yield f"repeated  {indexed.repeated:,} (the last of each id counts)"
    if indexed.removed:
        yield f"removed   {indexed.removed:,}"
    yield f"rejected  {indexed.rejected:,} rows"
    unclear = ", ".join(f"{field} {count:,}" for field, count in indexed.unclear.items())
    yield f"unclear   {sum(indexed.unclear.values()):,} values left empty" + (
        f" ({unclear})" if unclear else ""
    )
    for example in indexed.examples:
        yield f"          e.g. {example}"
    if indexed.rejects_file:
        yield f"          all of them: {indexed.rejects_file}"
    yield f"index     {indexed.index}"
    yield f"holds     {_kinds(indexed.now)}; snapshot {indexed.snapshot}"


def _kinds(counts: Mapping[Kind, int]) -> str:
    named = [
        f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count
    ]
    return ", ".join(named) or "nothing"


def check_lines(checks: Sequence[Check]) -> Iterator[str]:
    """One line a check, and below it what to do."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        yield f"{check.state:<4}  {check.name:<{width}}  {check.said}"
        if check.to_do:
            yield f"      {'':<{width}}  -> {check.to_do}"
