"""A plan in a form that a person can read and edit in the terminal, and back again."""

import re
from collections.abc import Iterator

import click

from client.errors import BadQuestion
from client.trajectory import Need, Plan, Step
from client.wording import harmless

_HEAD = """\
# The plan. Change it, save and close. A line taken out is dropped, a new line is added.
# must = a product that breaks it is not recommended; wish = better with it.
"""
_LINE = re.compile(r"(?P<what>[a-z ]+?)\s*:\s*(?P<text>\S.*)")


def ask(plan: Plan) -> Plan | None:
    """The plan as the person at the terminal wants it; None where they stop."""
    while True:
        click.echo(f"\n{_shown(plan)}", err=True)
        answer = click.prompt(
            "Go on with this plan? [Enter = yes, e = edit, q = stop]",
            default="",
            show_default=False,
            err=True,
        )
        match answer.strip().casefold():
            case "" | "y" | "yes":
                return plan
            case "q" | "quit" | "n" | "no":
                return None
            case "e" | "edit":
                plan = _edited(plan)
            case _:
                click.echo("Press Enter, e or q.", err=True)


def _edited(plan: Plan) -> Plan:
    text = click.edit(f"{_HEAD}{as_text(plan)}")
    if text is None:
        return plan
    try:
        return from_text(text, plan)
    except BadQuestion as error:
        click.echo(f"The plan is as it was: {error}", err=True)
        return plan


def as_text(plan: Plan) -> str:
    return "\n".join((*_lines(plan), ""))


def _shown(plan: Plan) -> str:
    return "\n".join(f"  {line}" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield f"looking for: {_one_line(plan.looking_for)}"
    yield f"wanted: {plan.wanted}"
    for need in plan.needs:
        yield f"{'must' if need.hard else 'wish'}: {_one_line(need.text)}"
    for step in plan.steps:
        yield f"step: {_one_line(step.text)}"


def _one_line(text: str) -> str:
    return " ".join(harmless(text).split())


def from_text(text: str, before: Plan) -> Plan:
    """The edited plan. A need or step whose words are as they were keeps what the plan knew of
    it; a new need stands in the last step. Raises BadQuestion, naming the line."""
    looking_for, wanted = before.looking_for, before.wanted
    needs: list[Need] = []
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        match found["what"] if found else "", found["text"] if found else "":
            case "looking for", said:
                looking_for = said
            case "wanted", said if said.isdecimal() and int(said):
                wanted = int(said)
            case ("must" | "wish") as kind, said:
                needs.append(_need(said, kind == "must", before))
            case "step", said:
                steps.append(_step(said, before))
            case _:
                raise BadQuestion(
                    f"line {number} ({line.strip()[:60]!r}) is none of: looking for: …, wanted:"
                    " NUMBER, must: …, wish: …, step: …"
                )
    return _joined(before, looking_for, wanted, needs, steps)


def _need(text: str, hard: bool, before: Plan) -> Need:
    same = next((need for need in before.needs if _one_line(need.text) == text), None)
    return same.model_copy(update={"hard": hard}) if same else Need(id="", text=text, hard=hard)


def _step(text: str, before: Plan) -> Step:
    same = next((step for step in before.steps if _one_line(step.text) == text), None)
    return same or Step(text=text)


def _joined(
    before: Plan, looking_for: str, wanted: int, needs: list[Need], steps: list[Step]
) -> Plan:
    taken = {need.id for need in before.needs}
    free = (f"n{n}" for n in range(1, 2 + len(taken) + len(needs)) if f"n{n}" not in taken)
    named = [n if n.id else n.model_copy(update={"id": next(free)}) for n in needs]
    ids = [need.id for need in named]
    kept = [
        step.model_copy(update={"needs": tuple(id for id in step.needs if id in ids)})
        for step in steps or [Step(text=f"look for {looking_for}")]
    ]
    served = {id for step in kept for id in step.needs}
    missing = tuple(id for id in ids if id not in served)
    kept[-1] = kept[-1].model_copy(update={"needs": (*kept[-1].needs, *missing)})
    return Plan(looking_for=looking_for, needs=tuple(named), steps=tuple(kept), wanted=wanted)
