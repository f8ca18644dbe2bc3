"""What the head of a page says of a run, and how its figures are written."""

from collections.abc import Iterator

from client.budget import Spent
from client.trajectory import Trajectory, Usage


def facts(run: Trajectory) -> Iterator[tuple[str, str]]:
    """(name, value), for a list."""
    settings, spent = run.task.settings, Spent.by(run)
    for name, value in (("Researcher", "model"), ("Critic", "supervisor_model")):
        if settings.get(value):
            yield name, str(settings[value])
    if "supervise" in settings:
        yield "Supervised", "yes" if settings["supervise"] else "no"
    yield "Seen", seen(run) or "nothing"
    yield "Tool calls", str(spent.tool_calls)
    if spent.tokens:
        yield "Tokens", f"{spent.tokens:,}"
    if spent.cost:
        yield "Cost", cost(spent.cost, spent.currency)
    yield "Time", f"{spent.seconds:.1f} s"


def seen(run: Trajectory) -> str:
    """ "32 products, 9 reviews": what the run holds as evidence."""
    kinds = [e.kind for e in run.evidence.values() if e.fields]
    counted = ((kind, kinds.count(kind)) for kind in dict.fromkeys(kinds))
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counted)


def cost(amount: float, currency: str) -> str:
    return f"{amount:.4f} {currency}".strip()


def usage_of(usage: Usage | None) -> list[str]:
    """What an answer of a model took, in parts; empty where no model gave it."""
    if usage is None:
        return []
    about = "≈ " if usage.estimated else ""
    parts = [f"{about}{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"]
    parts += [f"{usage.seconds:.2f} s"]
    parts += [cost(usage.cost, usage.currency)] if usage.cost is not None else []
    parts += [usage.model] if usage.model else []
    return parts + ([f"{usage.tries} tries"] if usage.tries > 1 else [])
