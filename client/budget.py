"""What a run may spend, what it has spent, and whether it still gets anywhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from client.trajectory import (
    Event,
    Message,
    Observation,
    RubricDrawn,
    StopReason,
    Trajectory,
    Usage,
    Verdict,
)

STALLED_AFTER = 4
"""Steps in a row without anything new that end the research."""


class Limits(Protocol):
    """What ends the research, and what forbids another attempt."""

    @property
    def tool_calls(self) -> int: ...

    def exhausted(self, run: Trajectory, seconds: float) -> StopReason | None: ...

    def out_of_time(self, run: Trajectory, seconds: float) -> StopReason | None: ...


@dataclass(frozen=True)
class Budget:
    """None: no limit."""

    tool_calls: int = 40
    minutes: float | None = None
    tokens: int | None = None
    """Of all models, input and output."""
    cost: float | None = None

    def exhausted(self, run: Trajectory, seconds: float) -> StopReason | None:
        """Which limit ends the research; `seconds` is its time so far. As much as a turn took is
        kept back for the report."""
        if self.tool_calls <= len(run.observations):
            return StopReason.TOOL_CALLS
        return self._over(run, seconds, turns=2)

    def out_of_time(self, run: Trajectory, seconds: float) -> StopReason | None:
        """Which limit forbids another model call as well."""
        return self._over(run, seconds, turns=1)

    def _over(self, run: Trajectory, seconds: float, turns: int) -> StopReason | None:
        spent, turn = Spent.by(run), Spent.in_turn(run)
        if self.minutes is not None and seconds >= self.minutes * 60:
            return StopReason.TIME
        if self.tokens is not None and spent.tokens + turns * turn.tokens >= self.tokens:
            return StopReason.TOKENS
        if self.cost is not None and (spent.cost or 0) + turns * (turn.cost or 0) >= self.cost:
            return StopReason.COST
        return None


@dataclass(frozen=True)
class Spent:
    tool_calls: int
    tokens: int
    cost: float | None
    """None where a model answered whose price is not known, or in different currencies."""
    currency: str
    seconds: float
    """Of model calls and tool calls; calls of one step ran at once."""

    @staticmethod
    def by(run: Trajectory) -> "Spent":
        return _spent(run.events)

    @staticmethod
    def in_turn(run: Trajectory) -> "Spent":
        """By the last draft and the verdicts on it."""
        drafts = [n for n, event in enumerate(run.events) if isinstance(event, Message)]
        return _spent(run.events[drafts[-1] :] if drafts else ())


def _spent(events: Sequence[Event]) -> Spent:
    used = list(usages(events))
    costs = [usage.cost for usage in used]
    currencies = {usage.currency for usage in used if usage.cost is not None}
    known = None not in costs and len(currencies) < 2
    longest: dict[int, float] = {}
    seen = [event for event in events if isinstance(event, Observation)]
    for one in seen:
        longest[one.step] = max(one.seconds, longest.get(one.step, 0.0))
    return Spent(
        tool_calls=len(seen),
        tokens=sum(u.input_tokens + u.output_tokens for u in used),
        cost=sum(cost or 0.0 for cost in costs) if known else None,
        currency="".join(currencies) if known else "",
        seconds=sum(u.seconds for u in used) + sum(longest.values()),
    )


def usages(events: Iterable[Event]) -> Iterator[Usage]:
    """Of every answer that any model gave."""
    for event in events:
        if isinstance(event, Message | Verdict | RubricDrawn) and event.usage:
            yield event.usage


def stalled(run: Trajectory) -> bool:
    """Whether the last steps brought nothing that the run had not seen before."""
    seen: set[int] = set()
    idle = 0
    step = None
    fresh = True
    for observation in run.observations:
        if observation.step != step:
            idle = 0 if fresh else idle + 1
            step, fresh = observation.step, False
        news = observation.told - seen
        seen |= news
        fresh = fresh or bool(news)
    return not fresh and idle + 1 >= STALLED_AFTER
