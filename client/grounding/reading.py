"""One clause while claims are sought in it: what it speaks of, and which words are read already."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Concatenate, Literal, ParamSpec

from client.grounding.facts import Facts, Ledger
from client.grounding.judging import Status, Verdict, of_each
from client.grounding.numbers import Amount, amounts_in
from client.grounding.scopes import Clause, Slot
from client.trajectory import Need, Trajectory

P = ParamSpec("P")
Kind = Literal[
    "price",
    "rating",
    "count",
    "attribute",
    "difference",
    "sum",
    "ratio",
    "comparison",
    "superlative",
    "quote",
    "negation",
    "range",
    "stock",
    "brand",
    "share",
]


@dataclass(frozen=True)
class Found:
    """A claim; `start` and `end` are offsets in the markup."""

    text: str
    start: int
    end: int
    kind: Kind
    status: Status
    evidence: tuple[str, ...] = ()
    message: str = ""
    """What the evidence says and what to write instead, for a researcher."""
    stated: str = ""
    """What the evidence says, in short and for a reader."""


_ASKED = re.compile(
    r"\b(?:ask\w*|want\w*|limit|budget|ceiling|maximum|minimum|require\w*|need\w*|question|cap"
    r"|brief|target|your|you)\b",
    re.IGNORECASE,
)
ASKING = re.compile(r"\b(?:ask\w*|want\w*|wish\w*|require\w*|you need|you said|you set)\b")
_YOUR = re.compile(
    r"\b(?:your (?:own )?|(?:limit|budget|ceiling|maximum|minimum|cap|requirement) (?:of|is) )$",
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|its|they|their|this|these|both|all|each)\b", re.IGNORECASE)
_AIMED = re.compile(
    r"\b(?:miss(?:es)?|exceeds?|breaks?|beats?|tops?|overshoots?"
    r"|short of|instead of|rather than)\s+(?:just |only )?(?:the |your |those )?$",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:under|below|over|above|at least|at most|up to|within|less than|more than|no more than"
    r"|max(?:imum)?\.?|min(?:imum)?\.?|or (?:more|less)|louder than|for a|from)\W*(?:the |your )?$",
    re.IGNORECASE,
)


_AGAINST = re.compile(r"\s*(?:to|against|versus|vs\.?)\s*", re.IGNORECASE)
_FOR = re.compile(
    r"\s*\((?:the )?"
    r"|\s*(?:[\w-]+ ){0,2}?(?:on|for|in|from|with|at|of) (?:the |its |a )?(?:[a-z]+ ){0,2}\W*"
)
_ALL = re.compile(
    r"\b(?:here|all|range|span|prices?|they|them|these|the (?:two|three|four|five)|both|each|every"
    r"|run from|go from)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Given:
    """What the question and the needs state: repeating it claims nothing."""

    amounts: tuple[Amount, ...]
    texts: tuple[str, ...]
    needs: tuple[Need, ...] = ()

    @staticmethod
    def by(run: Trajectory) -> "Given":
        needs = tuple(need.text for need in run.plan.needs) if run.plan else ()
        stated = amounts_in("\n".join((run.task.question, *needs)))
        return Given(stated, needs, run.plan.needs if run.plan else ())

    @cached_property
    def _known(self) -> frozenset[tuple[float, str]]:
        return frozenset((round(one.value, 6), one.unit) for one in self.amounts)

    def holds(self, amount: Amount) -> bool:
        value = round(amount.value, 6)
        return (value, amount.unit) in self._known or (value, "") in self._known

    def money(self) -> tuple[float, ...]:
        stated = (a.value for a in self.amounts if a.unit in ("money", ""))
        return tuple(dict.fromkeys(stated))


_SCALE = re.compile(r"\ue000\s*(?:of|out of|/)\s*$")
"""Behind a rendered rating: what it is out of."""
_LONE = re.compile(
    r"\s*(?:more|less|fewer|longer|shorter|heavier|lighter|wider|taller|above|below|over|under"
    r"|short)\b"
)


_THE_ONE = re.compile(r"\b(?:the|no|this|that|which) one$", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|and|or)\s*")
_PAIRED = re.compile(r"\s*(?:to|against|versus|and|or)\s*")


def _with_units(text: str, amounts: tuple[Amount, ...]) -> Iterator[Amount]:
    """ "the one 80 cm, the other 68.6": a bare number takes the unit of the one before it."""
    unit: Amount | None = None
    stars: Amount | None = None
    for n, amount in enumerate(amounts):
        following = amounts[n + 1] if n + 1 < len(amounts) else None
        joined = following and _PAIRED.fullmatch(text[amount.end : following.start])
        if joined and following and amount.unit == "" and following.unit not in ("", "%"):
            unit = following
        if (
            stars
            and amount.unit == ""
            and amount.value <= 5
            and _AND.fullmatch(text[stars.end : amount.start])
        ):
            amount = replace(amount, unit="stars")
        stars = amount if amount.unit == "stars" else None
        if amount.unit not in ("", "%", "stars"):
            unit = amount
        elif _THE_ONE.search(text, 0, amount.end):
            pass
        elif unit and amount.unit == "" and unit.unit != "money":
            named = re.search(
                r"[\ue000\ue001](?:['’]s)?\W*(?:at |has |only |with )?$", text[: amount.start]
            )
            last = re.match(r"\W*$", text[amount.end :]) and named
            by = re.search(r"\bby\s*$", text[: max(amount.start, amount.hedged)])
            against = _AGAINST.match(text, amount.end) or (following and unit is following)
            against = against or re.match(
                r"\s*(?:(?:in|on|for) |\()(?:the )?[\ue000\ue001]", text[amount.end :]
            )
            if last or by or against or _LONE.match(text, amount.end):
                factor = unit.factor
                amount = replace(
                    amount,
                    value=amount.value * factor,
                    low=amount.low * factor,
                    high=amount.high * factor,
                    slack=amount.slack * factor,
                    unit=unit.unit,
                    factor=factor,
                )
        yield amount


_NO_MESSAGE = {
    "contradicted": "“{}”: the evidence states something else.",
    "not found": "“{}”: nothing that was observed states it. Cite what does, or leave it out.",
}


@dataclass
class Reading:
    clause: Clause
    ledger: Ledger
    given: Given
    markup: str
    amounts: tuple[Amount, ...] = ()
    taken: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def __post_init__(self) -> None:
        own = (a for a in amounts_in(self.text) if not _SCALE.search(self.text[: a.start]))
        self.amounts = tuple(_with_units(self.text, tuple(own)))
        self.taken += [(m.start, m.end) for m in self.clause.mentions if m.written == "group"]
        for text in self.given.texts:
            at = self.clause.lower.find(text.casefold())
            label = at >= 0 and re.match(r"\s*[:(]", self.text[at + len(text) :])
            if label and re.search(r"\d", text):
                self.taken.append((at, at + len(text)))

    @property
    def text(self) -> str:
        return self.clause.text

    @property
    def whole(self) -> str:
        return self.clause.whole

    @property
    def group(self) -> tuple[Slot, ...]:
        """What "all of them" means: the recommended ones, else every product seen."""
        return self.clause.group or self.products

    @property
    def products(self) -> tuple[Slot, ...]:
        return tuple((a,) for a, e in self.ledger.evidence.items() if e.kind == "product")

    def rivals(self) -> tuple[Slot, ...]:
        """What a superlative is held against."""
        named = self.clause.sentence
        among = len(named) > 2 or (len(named) == 2 and re.search(r"\b(?:both|two)\b", self.whole))
        return named if among else self.group

    def clause_of_all(self) -> bool:
        return bool(_ALL.search(self.whole))

    def free(self, start: int, end: int) -> bool:
        return not any(start < last and first < end for first, last in self.taken)

    def left(self, *units: str) -> Iterator[Amount]:
        """Amounts that no claim holds yet and that do not only repeat the question."""
        for amount in self.amounts:
            wanted = not units or amount.unit in units
            if wanted and self.free(amount.start, amount.end) and not self.restated(amount):
                yield amount

    def restated(self, amount: Amount) -> bool:
        if not self.given.holds(amount):
            return False
        before, after = self.text[: amount.start], self.text[amount.end :]
        since = max((m.end for m in self.clause.mentions if m.end <= amount.start), default=0)
        if ASKING.search(before, since):
            return True
        named = bool(self.clause.mentions or _IT.search(self.text))
        bound = bool(amount.hedge or _BOUND.search(before))
        if _ASKED.search(after[:20]) or _AIMED.search(before) or _YOUR.search(before):
            return not (bound and named)
        return bound and not named

    def found(self, kind: Kind, start: int, end: int, verdict: Verdict) -> Found:
        self.taken.append((start, end))
        if self.clause.early and not self.clause.mentions and verdict.status == "contradicted":
            verdict = replace(verdict, status="not found")
        text = self.markup[self.clause.start + start : self.clause.start + end]
        return Found(
            text=text,
            start=self.clause.start + start,
            end=self.clause.start + end,
            kind=kind,
            status=verdict.status,
            evidence=verdict.evidence,
            message=verdict.message or _NO_MESSAGE.get(verdict.status, "").format(text),
            stated=verdict.stated,
        )

    def slots(self, amount: Amount) -> tuple[Slot, ...]:
        """What the amount is said of; of as many amounts as things named, each has its own."""
        cited = self._cited_behind(amount.end)
        about = self.behind(amount.end) or self.clause.about(amount.start)
        alike = [a for a in self.amounts if a.unit == amount.unit]
        subject = self.clause.plain_subject
        both = (*subject, *(s for s in self.clause.compared if s not in subject))
        if len(alike) == 2 == len(both) and _AGAINST.fullmatch(
            self.text[alike[0].end : alike[1].start]
        ):
            about = both
        if len(about) > 1 and len(alike) == len(about) and amount in alike:
            about = (about[alike.index(amount)],)
        if cited and len(about) < 2:
            return ((*cited, *(a for slot in about for a in slot if a not in cited)),)
        return about

    def behind(self, end: int) -> tuple[Slot, ...]:
        """ "35 h on the Auvido": what is named right behind the words, and nothing else then."""
        for group in self.clause.subjects:
            between = self.text[end : group[0].start]
            named = group[0].written == "name" and not between.strip(" -")
            if group[0].start >= end and named:
                return (group[0].slot,)
            if group[0].start >= end and _FOR.fullmatch(between):
                return tuple(dict.fromkeys(mention.slot for mention in group))
        return ()

    def _cited_behind(self, end: int) -> Slot:
        """A review or page whose mark stands right behind the words."""
        for mention in self.clause.mentions:
            if mention.written == "mark" and mention.start >= end:
                near = re.fullmatch(r"[^.;]{0,40}?\(?", self.text[end : mention.start])
                if near and self.ledger[mention.slot[0]].evidence.kind != "product":
                    return mention.slot
                return ()
        return ()

    def each(
        self,
        slots: tuple[Slot, ...],
        judge: Callable[Concatenate[Facts, P], Verdict],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Verdict:
        """What `judge` says of the facts of each slot, and of these arguments."""
        return of_each(slots, lambda alias: judge(self.ledger[alias], *args, **kwargs))
