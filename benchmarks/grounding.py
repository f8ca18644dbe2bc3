"""How often the claims found in reports' plain text, and what is said of them, are right.

Every sentence labelled by hand in tests/data/grounding stands as a report of its own over the
evidence it was written for. A labelled claim is recalled where a found one overlaps it; its
verdict is right where the worst of those that do is the labelled one. The held-out sentences were
written before the code and are only counted, so that they stay held out.

    python benchmarks/grounding.py [--set held_out|tuning|tuning_2|all] [--faults]
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from benchmarks.measure import parser, show, table, wilson
from client.trajectory import Evidence, Message, Observation, Plan, State, TaskGiven, Trajectory

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "grounding"
HELD_OUT, TUNING, TUNING_2 = "held_out", "tuning", "tuning_2"
ALL = (HELD_OUT, TUNING, TUNING_2)

Status = Literal["supported", "contradicted", "not found"]
_WORST: tuple[Status, ...] = ("contradicted", "not found", "supported")
_BEFORE = "## Trade-offs\n\n"


@dataclass(frozen=True)
class Label:
    text: str
    """Stands exactly once in its sentence."""
    kind: str
    status: Status
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    id: str
    evidence_set: str
    text: str
    labels: tuple[Label, ...]


class Found(Protocol):
    """What the code under measurement says of one claim; offsets in the report's markup."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def evidence(self) -> tuple[str, ...]: ...


Finder = Callable[[Trajectory, str], Sequence[Found]]


@dataclass(frozen=True)
class Scored:
    """One labelled claim and the verdict on it."""

    sentence: Sentence
    label: Label
    verdict: Status | None
    """None where no found claim overlaps the label."""
    tied: bool
    """To at least one piece of the evidence that the label names."""

    @property
    def wrong(self) -> bool:
        return self.verdict not in (None, self.label.status)


@dataclass(frozen=True)
class Extra:
    """A found claim where nobody saw one."""

    sentence: Sentence
    text: str
    status: Status


# What was labelled


def sentences(name: str, folder: Path = FOLDER) -> list[Sentence]:
    lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_sentence(json.loads(line)) for line in lines]


def _sentence(row: dict[str, Any]) -> Sentence:
    labels = tuple(Label(**(c | {"evidence": tuple(c["evidence"])})) for c in row["claims"])
    return Sentence(row["id"], row["set"], row["text"], labels)


def runs(folder: Path = FOLDER) -> dict[str, Trajectory]:
    """By name of the set: a run that was asked its question and saw its evidence."""
    read = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    return {name: _run(given) for name, given in read["sets"].items()}


def _run(given: dict[str, Any]) -> Trajectory:
    plan = Plan.model_validate(given["plan"])
    seen = tuple(Evidence.model_validate(e) for e in given["evidence"])
    return Trajectory(
        events=(
            TaskGiven(question=given["question"]),
            Message(
                id="m1", author="researcher", state=State.PLANNING, step=0, attempt=1, plan=plan
            ),
            Observation(
                call_id="c1", name="get_product", arguments={}, ok=True, result={}, evidence=seen
            ),
        )
    )


# Scoring


def score(
    labelled: Iterable[Sentence], run: dict[str, Trajectory], find: Finder
) -> tuple[list[Scored], list[Extra]]:
    scored: list[Scored] = []
    extra: list[Extra] = []
    for sentence in labelled:
        found = find(run[sentence.evidence_set], f"{_BEFORE}{sentence.text}\n")
        scored += [_scored(sentence, label, found) for label in sentence.labels]
        spans = [_span(sentence, label) for label in sentence.labels]
        extra += [
            Extra(sentence, one.text, one.status)
            for one in found
            if not any(_overlap(one, span) for span in spans)
        ]
    return scored, extra


def _scored(sentence: Sentence, label: Label, found: Sequence[Found]) -> Scored:
    own = [one for one in found if _overlap(one, _span(sentence, label))]
    statuses: list[Status] = [one.status for one in own]
    verdict = min(statuses, key=_WORST.index, default=None)
    tied = any(set(one.evidence) & set(label.evidence) for one in own)
    return Scored(sentence, label, verdict, tied)


def _span(sentence: Sentence, label: Label) -> tuple[int, int]:
    start = len(_BEFORE) + sentence.text.index(label.text)
    return start, start + len(label.text)


def _overlap(found: Found, span: tuple[int, int]) -> bool:
    return found.start < span[1] and span[0] < found.end


# What is printed


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--set", choices=(*ALL, "all"), default="all")
    options.add_argument("--faults", action="store_true", help="list those of the tuning sets")
    args = options.parse_args()
    if args.faults and args.set == HELD_OUT:
        options.error("held-out sentences are only counted: --faults goes with --set tuning")
    from client.grounding.claims import claims_in  # late: --help needs none of it

    names = ALL if args.set == "all" else (args.set,)
    run = runs()
    results = {name: score(sentences(name), run, claims_in) for name in names}
    shown = [_text(name, *result) for name, result in results.items()]
    if args.faults:
        shown += ["\n".join(_faults(*results[name])) for name in names if name != HELD_OUT]
    figures = {name: _figures(*result) for name, result in results.items()}
    show(figures, "\n\n".join(shown), as_json=args.json)


def _text(name: str, scored: Sequence[Scored], extra: Sequence[Extra]) -> str:
    kinds = Counter(one.label.kind for one in scored)
    rows = [_row(name, scored)]
    rows += [_row(k, [s for s in scored if s.label.kind == k]) for k, _ in kinds.most_common()]
    header = ("claims", "labelled", "found", "recall", "wrong verdicts", "share wrong")
    judged = Counter((one.label.status, one.verdict) for one in scored if one.wrong)
    wrong = [f"{label} taken for {verdict}: {n}" for (label, verdict), n in judged.most_common()]
    recalled = [one for one in scored if one.verdict]
    statuses = Counter(one.status for one in extra)
    return "\n".join(
        [
            table(header, rows),
            f"wrong verdicts: {'; '.join(wrong) or 'none'}",
            f"tied to the labelled evidence: {sum(s.tied for s in recalled)} of {len(recalled)}",
            f"claims found where none is labelled: {len(extra)}"
            f" ({', '.join(f'{statuses[status]} {status}' for status in _WORST)})",
        ]
    )


def _row(name: str, scored: Sequence[Scored]) -> list[object]:
    found, wrong = _counts(scored)
    return [
        name,
        len(scored),
        found,
        _share(found, len(scored)),
        wrong,
        _share(wrong, found) if found else "",
    ]


def _counts(scored: Sequence[Scored]) -> tuple[int, int]:
    return sum(one.verdict is not None for one in scored), sum(one.wrong for one in scored)


def _share(part: int, of: int) -> str:
    share = wilson(part, of)
    return f"{share.mean:.1%} [{max(share.low, 0):.1%} to {share.high:.1%}]"


def _faults(scored: Sequence[Scored], extra: Sequence[Extra]) -> Iterable[str]:
    for one in scored:
        if one.verdict != one.label.status:
            said = one.verdict or "overlooked"
            yield (
                f"{one.sentence.id}: “{one.label.text}” is {one.label.kind},"
                f" {one.label.status}: {said}\n    {one.sentence.text}"
            )
    for one in extra:
        yield f"{one.sentence.id}: “{one.text}” is no claim: {one.status}\n    {one.sentence.text}"


def _figures(scored: Sequence[Scored], extra: Sequence[Extra]) -> dict[str, Any]:
    found, wrong = _counts(scored)
    return {
        "claims": len(scored),
        "recall": asdict(wilson(found, len(scored))),
        "wrong_verdicts": asdict(wilson(wrong, found)) if found else None,
        "false_claims": len(extra),
        "false_claims_contradicted": sum(one.status == "contradicted" for one in extra),
    }


if __name__ == "__main__":
    main()
