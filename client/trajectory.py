"""Plain data of one research run: everything that was said, done, seen and judged, in order.

A trajectory is a list of events, each appended once and never changed; all else
(the plan in force, the evidence, the state) is computed from it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1

Author = Literal["user", "researcher", "supervisor", "corrector", "tool"]
EvidenceKind = Literal["product", "review", "page"]


class Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class State(StrEnum):
    PLANNING = "planning"
    ACTING = "acting"
    WRITING = "writing"


class StopReason(StrEnum):
    DONE = "done"
    TOOL_CALLS = "budget: tool calls"
    TOKENS = "budget: tokens"
    COST = "budget: cost"
    TIME = "budget: time"
    INTERRUPTED = "interrupted"
    NO_PROGRESS = "no progress"
    MODEL_FAILED = "model failed"


Op = Literal["at most", "at least", "is", "is not", "between"]


class Constraint(Data):
    """A need that code can check against a product as the catalog states it."""

    field: str
    """price, rating, review_count, brand, category, type, in_stock or `attributes.NAME`."""
    op: Op
    value: bool | float | str | tuple[str, ...] | tuple[float, float]
    unit: str | None = None


class Need(Data):
    id: str
    """n1, n2, ..."""
    text: str
    """In the question's own words."""
    hard: bool
    """A product that breaks it is not recommended."""
    constraint: Constraint | None = None


class Step(Data):
    text: str
    needs: tuple[str, ...] = ()
    tool: str | None = None


class Plan(Data):
    looking_for: str
    """What kind of thing: "monitor", "train set"."""
    needs: tuple[Need, ...]
    steps: tuple[Step, ...]
    wanted: int = 5
    """How many products to recommend where that many fit."""


class ToolCall(Data):
    id: str
    name: str
    arguments: dict[str, Any]
    """As the researcher wrote them: with aliases (p3), not ids."""


class Usage(Data):
    """Of one answer of a model, tries that failed included in the seconds alone."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    """In `currency`; None where no price is configured."""
    currency: str = ""
    seconds: float = 0.0
    model: str = ""
    tries: int = 1
    estimated: bool = False
    """The endpoint counted no tokens; they are a quarter of the characters."""


class Evidence(Data):
    """One product, review or page as one tool call returned it."""

    alias: str
    """p3, r12, w2: its short name in this run."""
    kind: EvidenceKind
    id: str
    fields: dict[str, Any]
    """What the tool returned for it, with aliases in place of other ids. `attributes` is a list
    of {name, value, attribute}. Empty where a result named the id and nothing else of it."""


class Criterion(Data):
    id: str
    text: str
    weight: float = 1.0
    dimension: str = ""


class Rubric(Data):
    """What a good report on this question does. The researcher never sees it."""

    criteria: tuple[Criterion, ...]


# Events


class TaskGiven(Data):
    event: Literal["task"] = "task"
    question: str
    settings: dict[str, Any] = {}
    """Researcher, index, budgets, caps: what a resumed run must keep. Never a secret."""
    tools: tuple[dict[str, Any], ...] = ()
    """Name, description and input schema of every tool offered."""
    rubric: Rubric | None = None
    """Where the task brings one; else the supervisor may draw one up (`RubricDrawn`)."""
    schema_version: int = SCHEMA_VERSION


class RubricDrawn(Data):
    """What the supervising model made of the question before the first draft."""

    event: Literal["rubric"] = "rubric"
    rubric: Rubric
    thought: str = ""
    usage: Usage | None = None
    failed: str = ""
    """Why there is no usable rubric; its criteria are empty then."""


class Message(Data):
    event: Literal["message"] = "message"
    id: str
    author: Author
    state: State
    step: int
    attempt: int
    text: str = ""
    """Prose; in WRITING the report's markup."""
    thought: str = ""
    plan: Plan | None = None
    """A first or a refined plan."""
    tool_calls: tuple[ToolCall, ...] = ()
    """In ACTING; none means: ready to write."""
    supersedes: str | None = None
    """The refused attempt of the same step that this one replaces."""
    usage: Usage | None = None
    cut_off: bool = False
    """The model stopped at its length limit, not at the end of what it had to say."""
    because: StopReason | None = None
    """In WRITING: why the research stopped, so that a resumed run gives the same reason."""


class Check(Data):
    code: str
    severity: Literal["refuse", "remark"]
    message: str
    refers_to: str | None = None
    """A tool call's id, a need's id, an alias or a piece of the draft."""
    by: Literal["code", "model"] = "code"


class Verdict(Data):
    event: Literal["verdict"] = "verdict"
    message_id: str
    state: State
    step: int
    attempt: int
    decision: Literal["accept", "revise"]
    checks: tuple[Check, ...] = ()
    forced: bool = False
    """Accepted at the cap with refusals open."""
    next_author: Literal["researcher", "corrector"] = "researcher"
    """Who makes the next attempt where this one is to be revised."""
    call_id: str | None = None
    """Set where the verdict judges one tool call."""
    thought: str = ""
    """The supervising model's own."""
    usage: Usage | None = None


class Observation(Data):
    event: Literal["observation"] = "observation"
    call_id: str
    name: str
    arguments: dict[str, Any]
    """With real ids, as sent."""
    ok: bool
    result: dict[str, Any] | None = None
    """The tool's structured result with aliases in place of ids."""
    error: str | None = None
    evidence: tuple[Evidence, ...] = ()
    step: int = 0
    seconds: float = 0.0

    @cached_property
    def told(self) -> frozenset[int]:
        """A hash, of this process, of each thing it states; how a search marked its hits is none.

        Asked for all observations at every step, so it is worked out once."""
        return frozenset(map(hash, _told(self)))


def _told(observation: Observation) -> Iterator[str]:
    for item in observation.evidence:
        yield item.alias
        for name, value in item.fields.items():
            if name != "highlights":
                yield _key(f"{item.alias}.{name}", value)
    if observation.ok and not observation.evidence:
        yield _key(observation.name, (observation.result or {}).get("text"))


def _key(name: str, value: Any) -> str:
    return f"{name}={json.dumps(value, sort_keys=True, default=str)}"


class Ended(Data):
    event: Literal["ended"] = "ended"
    stop_reason: StopReason
    detail: str = ""


Event = Annotated[
    TaskGiven | RubricDrawn | Message | Verdict | Observation | Ended,
    Field(discriminator="event"),
]


class Trajectory(Data):
    """Immutable; `with_(event)` gives the next one."""

    events: tuple[Event, ...]

    def with_(self, *events: Event) -> "Trajectory":
        after = Trajectory.model_construct(events=(*self.events, *events))
        if "evidence" in vars(self):
            # To fold all of it anew after each event would take a long run longer and longer.
            vars(after)["evidence"] = fold_evidence(_evidence_in(events), self.evidence)
        return after

    @cached_property
    def task(self) -> TaskGiven:
        return next(e for e in self.events if isinstance(e, TaskGiven))

    @cached_property
    def rubric(self) -> Rubric | None:
        """The task's, else the one drawn up; None where neither is there yet."""
        drawn = (e.rubric for e in self.events if isinstance(e, RubricDrawn))
        return self.task.rubric or next(drawn, None)

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        return tuple(e for e in self.events if isinstance(e, Message))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(e for e in self.events if isinstance(e, Verdict))

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        return tuple(e for e in self.events if isinstance(e, Observation))

    @cached_property
    def ended(self) -> Ended | None:
        """None again as soon as a resumed run goes on after its end."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Ended) else None

    @cached_property
    def plan(self) -> Plan | None:
        """The plan in force: the latest one."""
        return next((m.plan for m in reversed(self.messages) if m.plan), None)

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        """By alias; what later calls returned is laid over what earlier ones did."""
        return fold_evidence(_evidence_in(self.events))


def _evidence_in(events: Iterable[Event]) -> Iterator[Evidence]:
    for event in events:
        if isinstance(event, Observation):
            yield from event.evidence


def fold_evidence(
    seen: Iterable[Evidence], before: Mapping[str, Evidence] | None = None
) -> dict[str, Evidence]:
    """By alias: what was seen laid over what was known `before`, which stays as it is."""
    ledger = dict(before or {})
    for item in seen:
        if held := ledger.get(item.alias):
            item = item.model_copy(update={"fields": _laid_over(held.fields, item.fields)})
        ledger[item.alias] = item
    return ledger


def _laid_over(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    fields = {**old, **{k: v for k, v in new.items() if v not in (None, "", [], {})}}
    if old.get("attributes") and new.get("attributes"):
        fields["attributes"] = list(_attributes(old["attributes"], new["attributes"]))
    if old.get("passages") and new.get("passages"):
        unseen = [p for p in new["passages"] if p not in old["passages"]]
        fields["passages"] = [*old["passages"], *unseen]
    for name in ("text", "snippet"):
        if old.get(name) and new.get(name):
            fields[name] = _both_texts(old[name], new[name])
    return fields


def _both_texts(old: str, new: str) -> str:
    """Passages of one text from several calls: what was quoted from the first stays quotable."""
    if old in new:
        return new
    return old if new in old else f"{old}\n[…]\n{new}"


def _attributes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    named = {(a["name"], a.get("attribute")): a for a in (*old, *new)}
    yield from named.values()


# The report


class ReportNeed(Data):
    text: str
    hard: bool
    status: Literal["met", "partly met", "not met", "could not verify"]


class Recommended(Data):
    product_id: str
    title: str
    price: float | None = None
    currency: str | None = None
    url: str | None = None
    reasons: tuple[str, ...] = ()


class NearMiss(Data):
    product_id: str
    title: str
    price: float | None = None
    currency: str | None = None
    violates: tuple[str, ...] = ()


class Unverified(Data):
    product_id: str
    title: str
    unknown: tuple[str, ...] = ()


class ComparedValue(Data):
    value: str
    evidence_id: str


class Comparison(Data):
    need: str
    values: dict[str, ComparedValue | None]


class Claim(Data):
    text: str
    status: Literal["supported", "contradicted", "not found"]
    evidence_ids: tuple[str, ...] = ()


class CouldNotVerify(Data):
    need: str
    product_id: str | None = None
    why: str


class Reference(Data):
    n: int
    id: str
    kind: EvidenceKind
    title: str
    url: str | None = None


class Report(Data):
    """`report.json`: a promise to other programs."""

    question: str
    needs: tuple[ReportNeed, ...] = ()
    recommended: tuple[Recommended, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    unverified: tuple[Unverified, ...] = ()
    comparison: tuple[Comparison, ...] = ()
    claims: tuple[Claim, ...] = ()
    could_not_verify: tuple[CouldNotVerify, ...] = ()
    references: tuple[Reference, ...] = ()
    stop_reason: StopReason
    snapshot: str | None = None
    schema_version: int = SCHEMA_VERSION
