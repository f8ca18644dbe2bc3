"""What a run may spend, what it has spent, and whether it still gets anywhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from client.trajectory import (
    Evidence,
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


@dataclass(frozen=True)
class Budget:
    """None: no limit."""

    tool_calls: int = 40
    minutes: float | None = None
    tokens: int | None = None
    cost: float | None = None

    def exhausted(self, run: Trajectory, seconds: float) -> StopReason | None:
        """Which limit the run has reached; `seconds` is its time so far."""
        if self.tool_calls <= len(run.observations):
            return StopReason.TOOL_CALLS
        return self.out_of_time(run, seconds)

    def out_of_time(self, run: Trajectory, seconds: float) -> StopReason | None:
        """The limits that forbid another model call as well."""
        spent = Spent.by(run)
        if self.minutes is not None and seconds >= self.minutes * 60:
            return StopReason.TIME
        if self.tokens is not None and spent.tokens >= self.tokens:
            return StopReason.TOKENS
        if self.cost is not None and spent.cost >= self.cost:
            return StopReason.COST
        return None


@dataclass(frozen=True)
class Spent:
    tool_calls: int
    tokens: int
    cost: float
    seconds: float
    """Of model calls and tool calls; calls of one step ran at once."""

    @staticmethod
    def by(run: Trajectory) -> "Spent":
        used = list(usages(run))
        longest: dict[int, float] = {}
        for seen in run.observations:
            longest[seen.step] = max(seen.seconds, longest.get(seen.step, 0.0))
        return Spent(
            tool_calls=len(run.observations),
            tokens=sum(u.input_tokens + u.output_tokens for u in used),
            cost=sum(u.cost or 0.0 for u in used),
            seconds=sum(u.seconds for u in used) + sum(longest.values()),
        )


def usages(run: Trajectory) -> Iterator[Usage]:
    """Of every answer that any model gave in the run."""
    for event in run.events:
        if isinstance(event, Message | Verdict | RubricDrawn) and event.usage:
            yield event.usage


def stalled(run: Trajectory) -> bool:
    """Whether the last steps brought nothing that the run had not seen before."""
    seen: set[str] = set()
    idle = 0
    step = None
    fresh = True
    for observation in run.observations:
        if observation.step != step:
            idle = 0 if fresh else idle + 1
            step, fresh = observation.step, False
        news = set(_news(observation)) - seen
        seen |= news
        fresh = fresh or bool(news)
    return not fresh and idle + 1 >= STALLED_AFTER


def _news(observation: Observation) -> Iterator[str]:
    """Each thing the observation states; how a search marked its hits is none."""
    for item in observation.evidence:
        yield item.alias
        yield from _stated(item)
    if observation.ok and not observation.evidence:
        yield _key(observation.name, (observation.result or {}).get("text"))


def _stated(item: Evidence) -> Iterator[str]:
    for name, value in item.fields.items():
        if name != "highlights":
            yield _key(f"{item.alias}.{name}", value)


def _key(name: str, value: Any) -> str:
    return f"{name}={json.dumps(value, sort_keys=True, default=str)}"
