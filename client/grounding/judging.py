"""What a claim comes to: its verdict, and what to write instead."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from client.grounding.scopes import Slot

Status = Literal["supported", "contradicted", "not found"]


@dataclass(frozen=True)
class Verdict:
    status: Status
    evidence: tuple[str, ...] = ()
    message: str = ""
    stated: str = ""
    """In short, for a reader, what the evidence says."""

    @property
    def holds(self) -> bool:
        return self.status == "supported"


NOT_FOUND = Verdict("not found")


def supported(*aliases: str) -> Verdict:
    return Verdict("supported", aliases)


def contradicted(message: str, *aliases: str, stated: str = "") -> Verdict:
    return Verdict("contradicted", aliases, message, stated)


def not_found(message: str = "", *aliases: str) -> Verdict:
    return Verdict("not found", aliases, message)


def verdict(holds: bool, message: str, *aliases: str, stated: str = "") -> Verdict:
    return supported(*aliases) if holds else contradicted(message, *aliases, stated=stated)


def of_slot(slot: Slot, judge: Callable[[str], Verdict]) -> Verdict:
    """Of the few that a name may mean, one that bears it out is enough."""
    judged = [judge(alias) for alias in slot]
    for one in judged:
        if one.status == "supported":
            return one
    return next((one for one in judged if one.status == "contradicted"), judged[0])


def of_each(slots: Iterable[Slot], judge: Callable[[str], Verdict]) -> Verdict:
    """It must hold of each; NOT_FOUND where there is none."""
    return all_of([of_slot(slot, judge) for slot in slots])


def all_of(judged: list[Verdict]) -> Verdict:
    aliases = tuple(dict.fromkeys(a for one in judged for a in one.evidence))
    for status in ("contradicted", "not found"):
        for one in judged:
            if one.status == status:
                return Verdict(status, aliases, one.message, one.stated)
    return Verdict("supported", aliases) if judged else NOT_FOUND
