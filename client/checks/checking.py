"""What the checks share: how a check is made, and when words speak of the same thing."""

import re
from typing import Literal

from client.checks.constraints import normal
from client.trajectory import Check


def refused(code: str, message: str, refers_to: str | None = None) -> Check:
    return Check(code=code, severity="refuse", message=message, refers_to=refers_to)


def weighed(refuse: bool) -> Literal["refuse", "remark"]:
    return "refuse" if refuse else "remark"


def overlap(need: str, text: str) -> float:
    """The share of the need's words that the text has."""
    wanted = words(need)
    return len(wanted & words(text)) / len(wanted) if wanted else 1.0


_EMPTY_WORDS = frozenset("the and for with that this are was not any has have from".split())


def words(text: str) -> set[str]:
    found = re.findall(r"[^\W_]{2,}|\d", text.casefold())
    return {normal(word) for word in found} - _EMPTY_WORDS
