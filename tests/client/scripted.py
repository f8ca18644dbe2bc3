"""A researcher that follows a script, so that a test decides what a run goes through."""

from collections.abc import Sequence
from typing import Any

from client.errors import ModelFailed
from client.researcher import Draft
from client.trajectory import Constraint, Need, Plan, State, Step, Trajectory

Calls = Sequence[tuple[str, dict[str, Any]]]

PLAN = Plan(
    looking_for="kettle",
    needs=(
        Need(
            id="n1",
            text="under £40",
            hard=True,
            constraint=Constraint(field="price", op="at most", value=40, unit="GBP"),
        ),
        Need(id="n2", text="quiet", hard=False),
    ),
    steps=(
        Step(text="search kettles", needs=("n1",), tool="search_catalog"),
        Step(text="what owners say of noise", needs=("n2",), tool="search_reviews"),
    ),
    wanted=2,
)

REPORT = """\
## Needs
- (hard) under £40: met
- (soft) quiet: partly met

## Recommendation
1. [p2] costs [p2.price]: owners call it quiet, [r2 "Quiet enough to talk over."]
2. [p1] costs [p1.price] and is loud, [r1 "very loud in the morning"]

## Comparison
| need | [p2] | [p1] |
|---|---|---|
| under £40 | [p2.price] | [p1.price] |
| quiet | [p2.attributes.noise] | [p1.attributes.noise] |

## Nearest
- [p4] costs [p4.price], over by £23.99
"""

CALLS: tuple[Calls, ...] = (
    [("search_catalog", {"query": "kettle", "price_max": 40})],
    [
        ("search_reviews", {"product_ids": ["p1", "p2"], "query": "noise"}),
        ("get_product", {"ids": ["p1", "p2"]}),
    ],
)


class Scripted:
    """Plays its drafts in order, by what the run holds already: a resumed run goes on."""

    name = "scripted"

    def __init__(
        self,
        plans: Sequence[Plan | None] = (PLAN,),
        calls: Sequence[Calls] = CALLS,
        reports: Sequence[str] = (REPORT,),
        fails_in: State | None = None,
    ) -> None:
        self.plans, self.calls, self.reports = plans, calls, reports
        self.fails_in = fails_in

    def _turn(self, run: Trajectory, state: State) -> int:
        if state is self.fails_in:
            raise ModelFailed("the model did not answer")
        return sum(m.state is state for m in run.messages)

    async def plan(self, run: Trajectory) -> Draft:
        turn = self._turn(run, State.PLANNING)
        # Not twice the same: a draft that comes back unchanged is not sent back again.
        return Draft(text=f"{turn}", plan=self.plans[min(turn, len(self.plans) - 1)])

    async def act(self, run: Trajectory) -> Draft:
        turn = self._turn(run, State.ACTING)
        return Draft(tool_calls=self.calls[turn] if turn < len(self.calls) else ())

    async def write(self, run: Trajectory) -> Draft:
        turn = self._turn(run, State.WRITING)
        return Draft(text=self.reports[min(turn, len(self.reports) - 1)])
