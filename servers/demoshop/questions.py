"""Questions to ask of the demo shop, with what they demand in a form that code can check."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Demand:
    """One hard constraint on a spec of the hidden truth (`units` there names its unit)."""

    spec: str
    op: Literal["=", "<=", ">=", "has"]
    """`has`: one of the listed values (HDMI among the ports)."""
    value: bool | float | str


@dataclass(frozen=True)
class ExampleQuestion:
    text: str
    kind: str
    """The product type: `type` in the hidden truth."""
    price_max: float
    demands: tuple[Demand, ...]
    soft: str
    """The aspect that owners' reviews tell of."""


EXAMPLE_QUESTION = (
    "A quiet robot vacuum under 600 euros, at most 66 dB(A), that also mops and runs at least "
    "100 minutes; owners should find that it copes well with pet hair"
)

EXAMPLE_QUESTIONS = (
    ExampleQuestion(
        EXAMPLE_QUESTION,
        "robot vacuum",
        600,
        (
            Demand("noise level", "<=", 66),
            Demand("mopping", "=", True),
            Demand("run time", ">=", 100),
        ),
        "pet hair",
    ),
)
