"""The pieces of a report in which something may be claimed, and which products each speaks of.

A clause holds its text with everything blanked out that states nothing by itself: marks and
names keep their places as MARK and NAME characters, so offsets are those of the markup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

from client.aliases import objects
from client.grounding.names import Names
from client.markup import NEEDS, RECOMMENDATION, marks, parse
from client.trajectory import Trajectory

MARK, NAME, QUOTE = "\ue000", "\ue001", "\ue002"
BLANKS = MARK + NAME

Slot = tuple[str, ...]
"""One thing spoken of: an alias, or the few that a name may mean."""

_HEADING = re.compile(r"^(#+)\s+(.+?)\s*#*$")
_RULE = re.compile(r"\s*\|[\s|:-]+")
_ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+]|\d+[.)])\s+")
_SENTENCE = re.compile(rf"(?<=[.!?])[”\")*_’]*\s+(?=[A-Z{BLANKS}“\"(*_])")
_QUOTED = re.compile(r"(?<![\w.])(?:“([^”\n]+)”|\"(?=\S)([^\"\n]+)(?<=\S)\"|‘([^’\n]+)’(?!\w))")
_CLAUSE = re.compile(
    r"\s*;\s+|,?\s+(?:while|whereas|whilst|although|though)\s+"
    r"|(?<![Aa]ll)(?<![Ee]verything)(?<![Ee]very one),?\s+but\s+(?!one\b)|\s+[–—]\s+"
    rf"|(?<=[{MARK}]),?\s+and\s+(?=(?:the|it|its)\b)|,\s+(?:and|yet)\s+(?=\S+\s)"
    rf"|(?<=\w [{MARK}]{{3}}),\s+|(?<=\w [{MARK}]{{4}}),\s+|(?<=\w [{MARK}]{{5}}),\s+"
)
_JOINED = re.compile(
    r"[\s*_()]*(?:,|and|&|or|nor|plus|with|,\s*and|as well as)[\s*_()]*(?:the |an? |one )?[\s*_()]*"
)
_COMPARED = re.compile(
    # "the Page 20w is a Lumen, the Jet 70 a Sorvik": the brand is no subject either
    rf"(?:\b(?:is|are)|[{BLANKS}]) an?\s*$|"
    r"\b(?:than|unlike|instead of|rather than|(?:compared|next) (?:to|with)|versus|vs\.?|against"
    r"|alongside|over|beats"
    r"|undercuts|outlasts|outweighs|as|like|by|(?:matches|match|trails) )\s+"
    r"(?:(?:that|those) of |on |for |with |in |one |a |either |both )*(?:the |its |does )?"
    r"(?:(?<=the |its )(?:[a-z-]+,? (?:the )?){1,2})?"
    rf"[*_{BLANKS}]*$",
    re.IGNORECASE,
)
_SAID_OF = (
    "are have cost weigh come run last offer fit support include can do stay hold measure make fold"
).replace(" ", "|")
_GROUP = re.compile(
    r"(?<!of )(?<!among )(?<!than )(?<!between )(?<!over )(?<!for )(?<!in )\b"
    r"(?:(?P<others>the (?:other (?:two|three)|others|rest)|all the others)"
    r"|(?P<all>all (?:of them|two|three|four|five|six)|(?:the )?(?:two|three|four) of them"
    rf"|every one|each of them|they all|both(?= (?:of them|{_SAID_OF}))"
    r"|neither(?= (?:of them|has|is|comes|folds))))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    start: int
    end: int
    slot: Slot
    written: str
    """ "mark", "value", "quote" or "name"."""
    compared: bool = False
    """Behind "than" and its like: what something else is held against."""


@dataclass(frozen=True)
class Quote:
    """Words in plain quotation marks; `start` and `end` are theirs."""

    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Clause:
    text: str
    start: int
    """Its offset in the markup."""
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()
    inherited: tuple[Slot, ...] = ()
    """What is spoken of where the clause itself names nothing."""
    sentence: tuple[Slot, ...] = ()
    """All that the whole sentence names."""
    group: tuple[Slot, ...] = ()
    """What "the three" and "of those recommended" mean."""
    section: str = ""
    context: str = ""
    """Words that stand over it: a table's row and column."""
    whole: str = ""
    """The sentence around it."""
    early: bool = False
    """Of what the sentence names only behind it: "It is light, the Auvido"."""

    @cached_property
    def lower(self) -> str:
        return self.text.casefold()

    @cached_property
    def subjects(self) -> tuple[tuple[Mention, ...], ...]:
        """Groups of mentions joined by "and" that something can be said of."""
        groups: list[list[Mention]] = []
        for mention in (m for m in self.mentions if not m.compared):
            last = groups[-1][-1] if groups else None
            beside = last and last.start == mention.start
            twin = last and set(last.slot) & set(mention.slot)
            if last and (beside or twin or _JOINED.fullmatch(self.text, last.end, mention.start)):
                groups[-1].append(mention)
            else:
                groups.append([mention])
        return tuple(tuple(group) for group in groups)

    @cached_property
    def compared(self) -> tuple[Slot, ...]:
        return tuple(m.slot for m in self.mentions if m.compared)

    def about(self, at: int) -> tuple[Slot, ...]:
        """What is spoken of at an offset of the clause; empty where nothing says it."""
        return self._added(at) or self.subject(at)

    def _added(self, at: int) -> tuple[Slot, ...]:
        """ "than the Auvido at £130": of what something else is held against."""
        for mention in self.mentions:
            apart = self.text[mention.end : at]
            if mention.compared and mention.end <= at and _ADDED.fullmatch(apart):
                return (mention.slot,)
        return ()

    def subject(self, at: int) -> tuple[Slot, ...]:
        """What something is said of that compares."""
        before = [group for group in self.subjects if group[0].start < at]
        if before:
            return _slots(before[-1])
        if self.subjects:
            return _slots(self.subjects[0])
        return self.inherited

    @property
    def plain_subject(self) -> tuple[Slot, ...]:
        """What the clause as a whole is about."""
        return _slots(self.subjects[0]) if self.subjects else self.inherited


_ADDED = re.compile(
    r"[\s(,*_]*(?:at|for|with|which costs|costs|and its|'s|’s)?[\s(]*(?:only|just)?\s*"
    r"(?:\d\.\d\d? (?:from|over) (?:a mere |only |just )?)?"
)


def _slots(mentions: tuple[Mention, ...]) -> tuple[Slot, ...]:
    slots: dict[Slot, None] = {}
    for mention in mentions:
        twin = next((s for s in slots if set(s) & set(mention.slot)), None)
        if twin is None:
            slots[mention.slot] = None
        elif len(mention.slot) < len(twin):
            slots = {mention.slot if s == twin else s: None for s in slots}
    return tuple(slots)


_EVERY = re.compile(r"\b(?:both|all|two|three)(?: the)?(?: [a-z]+ (?:by|from))? $", re.IGNORECASE)
"""Before a name that several share: each of them is meant."""
_ONE_OF_TWO = re.compile(r"\bthe (former|latter)\b", re.IGNORECASE)
_BY = re.compile(r"\bby $")
_ONE_OF = re.compile(r"(?<!neither )\bof (?:the )?(?:two |three )?$", re.IGNORECASE)
_COUNTED = {"two": 2, "both": 2, "neither": 2, "three": 3, "four": 4, "five": 5, "six": 6}


@dataclass
class _Line:
    text: str
    start: int
    section: str
    mentions: tuple[Mention, ...]
    quotes: tuple[Quote, ...] = ()
    masked: str = ""
    lead: tuple[Slot, ...] = ()
    context: str = ""


@dataclass
class Scopes:
    run: Trajectory
    markup: str
    lead: tuple[Slot, ...] = ()
    heads: list[tuple[Slot, ...]] = field(default_factory=list[tuple[Slot, ...]])
    labels: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        products = [e for e in self.run.evidence.values() if e.kind == "product"]
        self.names = Names(products, _known_words(self.run))
        report = parse(self.markup)
        self.cited = {m.alias for m in report.marks}
        chosen = [a for a in report.aliases(RECOMMENDATION) if a in self.run.evidence]
        self.group: tuple[Slot, ...] = tuple((a,) for a in chosen)
        self._chosen = self.group[:1] if len(self.group) == 1 else ()
        self.all = self.group or tuple((p.alias,) for p in products)

    def clauses(self) -> Iterator[Clause]:
        section, at = "", 0
        lines = self.markup.splitlines(keepends=True)
        for text, following in pairwise((*lines, "")):
            heading = _HEADING.match(text.rstrip())
            if heading:
                section = heading[2].casefold() if len(heading[1]) == 2 else section
                self.lead, self.heads = (), []
            elif section != NEEDS:
                head = bool(_RULE.fullmatch(following.rstrip()))
                yield from self._line(text.rstrip("\n"), at, section, head)
            at += len(text)

    def _line(self, text: str, start: int, section: str, head: bool) -> Iterator[Clause]:
        if text.lstrip().startswith("|"):
            yield from self._row(text, start, section, head)
            return
        self.heads = []
        item = _ITEM.match(text)
        masked, mentions, quotes = self._masked(text, item.end() if item else 0)
        if text[:1].strip():
            self.lead = ()
        line = _Line(text, start, section, mentions, quotes, masked, self.lead)
        yield from self._sentences(line, item.end() if item else 0)
        if item and len(item["indent"]) < 2:
            self.lead = _first(masked, mentions)

    def _row(self, text: str, start: int, section: str, head: bool) -> Iterator[Clause]:
        if _RULE.fullmatch(text):
            return
        cells = list(re.finditer(r"(?<!\\)\|((?:\\\||[^|])*)(?=\|)", text + "|"))
        masked, mentions, quotes = self._masked(text, 0)
        of = [
            tuple(
                m.slot
                for m in mentions
                if c.start(1) <= m.start < c.end(1) and m.written != "quote"
            )
            for c in cells
        ]
        if head:
            self.heads, self.labels = of, [c[1].strip() for c in cells]
            return
        first = of[0] if of else ()
        for n, cell in enumerate(cells):
            lead = self.heads[n] if n < len(self.heads) and self.heads[n] else first
            label = self.labels[n] if n < len(self.labels) else ""
            over = cells[0][1] if n and not first else label
            if n == 0 and any(self.heads):
                continue
            own = tuple(m for m in mentions if cell.start(1) <= m.start < cell.end(1))
            line = _Line(text, start, section, own, quotes, masked, lead, over)
            yield from self._sentences(line, cell.start(1), cell.end(1))

    def _sentences(self, line: _Line, begin: int, end: int | None = None) -> Iterator[Clause]:
        end = len(line.masked) if end is None else end
        inherited = line.lead
        for start, stop in _cut(line.masked, begin, end, _SENTENCE):
            named = tuple(m for m in line.mentions if start <= m.start < stop)
            everything = _slots(named)
            spoken = tuple(m for m in named if not m.compared)
            named = (*named, *self._groups(line.masked, start, stop, everything, inherited))
            named = tuple(sorted(named, key=lambda m: m.start))
            for first, last in _cut(line.masked, start, stop, _CLAUSE):
                within = [m for m in named if first <= m.start < last]
                clause = Clause(
                    text=line.masked[first:last],
                    start=line.start + first,
                    mentions=tuple(
                        replace(m, start=m.start - first, end=m.end - first) for m in within
                    ),
                    quotes=tuple(
                        replace(q, start=q.start - first, end=q.end - first)
                        for q in line.quotes
                        if first <= q.start < last
                    ),
                    inherited=inherited or _slots(spoken)[:1] or self._chosen,
                    sentence=everything,
                    group=self.group,
                    section=line.section,
                    context=line.context,
                    whole=line.masked[start:stop],
                    early=bool(spoken) and not inherited,
                )
                yield clause
                inherited = clause.plain_subject or inherited

    def _groups(
        self, text: str, start: int, stop: int, named: tuple[Slot, ...], before: tuple[Slot, ...]
    ) -> Iterator[Mention]:
        """ "all three", "the others", as mentions of each that is meant."""
        for found in _ONE_OF_TWO.finditer(text, start, stop):
            if len(named) > 1:
                slot = named[-1] if found[1].lower() == "latter" else named[-2]
                compared = bool(_COMPARED.search(text[start : found.start()]))
                yield Mention(*found.span(), slot, "group", compared)
        for found in _GROUP.finditer(text, start, stop):
            if found["others"]:
                meant = tuple(s for s in self.all if not any(set(s) & set(n) for n in named))
            else:
                count = next((n for w, n in _COUNTED.items() if w in found[0].casefold()), None)
                meant = before if count == len(before) and count else self.all
                meant = named if count == len(named) and count else meant
                meant = meant if count in (None, len(meant)) else ()
            for slot in meant:
                yield Mention(found.start(), found.end(), slot, "group")

    # What is blanked out

    def _masked(self, text: str, begin: int) -> tuple[str, tuple[Mention, ...], tuple[Quote, ...]]:
        out = list(" " * begin + text[begin:])
        found: list[Mention] = []
        together: set[int] = set()
        for mark in marks(text):
            out[mark.start : mark.end] = MARK * (mark.end - mark.start)
            written = "quote" if mark.quote else "value" if mark.field else "mark"
            if mark.alias in self.run.evidence:
                found.append(Mention(mark.start, mark.end, (mark.alias,), written))
        quotes = tuple(_quotes("".join(out)))
        for quote in quotes:
            out[quote.start : quote.end] = QUOTE * (quote.end - quote.start)
            if quote.words[-1] in ".!?":
                out[quote.end - 1] = quote.words[-1]
        for name in self.names.within("".join(out)):
            out[name.start : name.end] = NAME * (name.end - name.start)
            meant = self._meant(name.aliases)
            before = "".join(out[: name.start])
            every = (name.plural or _EVERY.search(before)) and not _ONE_OF.search(before)
            if every:
                together.add(name.start)
            for slot in [(a,) for a in meant] if every else [meant]:
                found.append(Mention(name.start, name.end, slot, "name"))
        masked = "".join(out)
        ordered = sorted(found, key=lambda m: m.start)
        mentions = tuple(
            replace(
                m,
                compared=bool(_COMPARED.search(masked[max(0, m.start - 40) : m.start]))
                and not (m.start in together and _BY.search(masked[: m.start])),
            )
            for m in ordered
        )
        return masked, mentions, quotes

    def _meant(self, aliases: Slot) -> Slot:
        cited = tuple(a for a in aliases if a in self.cited)
        return cited or aliases


def _quotes(text: str) -> Iterator[Quote]:
    for found in _QUOTED.finditer(text):
        group = next(n for n in (1, 2, 3) if found[n] is not None)
        yield Quote(found.start(group), found.end(group), found[group])


def _cut(text: str, start: int, end: int, at: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for found in at.finditer(text, start, end):
        if text[start : found.start()].strip():
            yield start, found.start()
            start = found.end()
    if text[start:end].strip():
        yield start, end


def _first(masked: str, mentions: tuple[Mention, ...]) -> tuple[Slot, ...]:
    """What a list item is about: the product that leads it, else all it names."""
    if mentions and not masked[: mentions[0].start].strip(" *_-+0123456789.)"):
        return (mentions[0].slot,)
    return _slots(mentions)


def _known_words(run: Trajectory) -> Iterator[str]:
    """Words of features and of the question: they name no product."""
    yield from re.findall(r"[^\W_]+", run.task.question)
    for evidence in run.evidence.values():
        for entry in objects(evidence.fields.get("attributes")):
            for key in ("name", "attribute", "value"):
                yield from re.findall(r"[^\W_]+", str(entry.get(key) or ""))
        for key in ("type", "category"):
            yield from re.findall(r"[^\W_]+", str(evidence.fields.get(key) or ""))
