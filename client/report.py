"""From report markup to what people and programs read: Markdown and `report.json`.

Values and quotes are put in from the evidence here, so that none can be misquoted;
what others wrote is escaped, so that no link or image of theirs comes alive.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from client.checks.foreign import without_addresses
from client.grounding.claims import claims_in
from client.grounding.reading import Found
from client.markup import (
    COULD_NOT_VERIFY,
    NEAREST,
    NEEDS,
    NOT_STATED,
    RECOMMENDATION,
    UNVERIFIED,
    Item,
    Mark,
    Parsed,
    marks,
    parse,
    quoted,
    split_row,
    value_of,
)
from client.trajectory import (
    Claim,
    ComparedValue,
    Comparison,
    CouldNotVerify,
    Evidence,
    NearMiss,
    Recommended,
    Reference,
    Report,
    ReportNeed,
    StopReason,
    Trajectory,
    Unverified,
)

_LIVE = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_SPECIAL = re.compile(r"([\\`*\[\]|#])")
_LEAD = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+[*_]*")
_TABLE_TITLE = 48


def render(run: Trajectory, markup: str, stop_reason: StopReason) -> tuple[str, Report]:
    """(Markdown for people, the report for programs) of one run's final markup.

    Claims in plain words that the evidence contradicts are struck out; those it does not know are
    marked. The last line counts them."""
    markup = without_addresses(run, _PRIVATE.sub("", markup))
    claims = claims_in(run, markup)
    parsed = parse(_signed(markup, claims))
    numbered = _References(run.evidence, claims)
    body = "\n".join(numbered.line(line) for line in parsed.markup.splitlines())
    footer = _footer(parsed, run.evidence, claims)
    return "\n".join((body.rstrip(), *numbered.listing(), "", footer, "")), _report(
        run, parsed, numbered, stop_reason
    )


# Claims in plain words

_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_BEGIN, _FIRST_END = "\ue010", 0xE100
_SIGNED = re.compile(f"{_BEGIN}([^{_BEGIN}\ue100-\uf8ff]*)([\ue100-\uf8ff])")


def _signed(markup: str, claims: tuple[Found, ...]) -> str:
    """The markup with a sign before and behind each claim that does not hold: the one behind
    says which it is, so that both survive whatever is done to the line."""
    out: list[str] = []
    last = 0
    for n, claim in enumerate(claims):
        if claim.status != "supported" and claim.start >= last:
            text = markup[claim.start : claim.end]
            out += [markup[last : claim.start], _BEGIN, text, chr(_FIRST_END + n)]
            last = claim.end
    return "".join((*out, markup[last:]))


def _footer(parsed: Parsed, known: dict[str, Evidence], claims: tuple[Found, ...]) -> str:
    rendered = sum(1 for mark in parsed.marks if mark.field and _holds(mark, known))
    counted = Counter(claim.status for claim in claims)
    return (
        f"{_many(rendered, 'figure is', 'figures are')} rendered from evidence;"
        f" {_many(len(claims), 'claim', 'claims')} in plain words"
        f" {'was' if len(claims) == 1 else 'were'} checked: {counted['supported']} supported,"
        f" {counted['contradicted']} contradicted (struck out),"
        f" {counted['not found']} not found in the evidence (marked †)."
    )


def _many(n: int, one: str, more: str) -> str:
    return f"{n} {one if n == 1 else more}"


def escape(text: str) -> str:
    """Text of others, harmless in Markdown: no tag, link, image, heading or table cell."""
    text = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    text = text.replace("<", "&lt;").replace("://", ":&#47;/").replace("@", "&#64;")
    return re.sub(r"\bwww\.", "www&#46;", text, flags=re.IGNORECASE)


def _disarmed(prose: str) -> str:
    """The researcher's own words without links, images or tags, which it has no use for."""
    return _LIVE.sub(r"\1", prose).replace("<", "&lt;")


class _References:
    """Numbers evidence in the order in which the report first uses it."""

    def __init__(self, evidence: dict[str, Evidence], claims: tuple[Found, ...] = ()) -> None:
        self.evidence = evidence
        self.claims = claims
        self.numbers: dict[str, int] = {}

    def number(self, alias: str) -> int:
        return self.numbers.setdefault(alias, len(self.numbers) + 1)

    def line(self, line: str) -> str:
        """One line rendered, each of its sources numbered once: behind the title that leads the
        line, at the end where the line has one source, else behind its first value."""
        if line.lstrip().startswith("|"):
            return self._struck(self._row(line))
        lead = _LEAD.match(line)
        sources = {m.alias for m in marks(line) if m.alias in self.evidence}
        at_end = (
            sources if len(sources) == 1 and not (lead and _leads(line, lead.end())) else set[str]()
        )
        shown = set(at_end)
        start = lead.end() if lead else -1
        text = self._replace(line, lambda m: self._mark(m, shown, m.start == start))
        for alias in at_end:  # one at the most
            text = f"{text.rstrip()} [{self.number(alias)}]"
        return self._struck(text)

    def plain(self, text: str) -> str:
        """The text with values in place and no numbers."""
        plain = self._replace(text, lambda m: self._value(m) or "").strip()
        return _SIGNED.sub(lambda m: self._noted(m, m[1]), plain)

    def _replace(self, text: str, with_: Callable[[Mark], str]) -> str:
        out: list[str] = []
        last = 0
        for mark in marks(text):
            out += [_disarmed(text[last : mark.start]), with_(mark)]
            last = mark.end
        joined = "".join((*out, _disarmed(text[last:])))
        return re.sub(r"(?<=\S) +(?=[.,;:]( |$))", "", joined)

    def _struck(self, line: str) -> str:
        return _SIGNED.sub(
            lambda m: self._noted(m, f"~~{m[1].replace('~', chr(92) + '~')}~~"), line
        )

    def _noted(self, signed: re.Match[str], contradicted: str) -> str:
        claim = self.claims[ord(signed[2]) - _FIRST_END]
        if claim.status == "not found":
            return f"{signed[1]}†"
        said = f": {escape(claim.stated)}" if claim.stated else ""
        return f"{contradicted} (the evidence says otherwise{said})"

    def _row(self, line: str) -> str:
        cells: list[str] = []
        for cell in split_row(line):
            mark = next(marks(cell), None)
            if mark and not mark.field and mark.alias in self.evidence:
                title = _shortened(self._title(mark.alias), _TABLE_TITLE)
                cells.append(f"{title} [{self.number(mark.alias)}]")
            else:
                cells.append(self._replace(cell, lambda m: self._value(m) or "").strip())
        return f"| {' | '.join(cells)} |"

    def _mark(self, mark: Mark, shown: set[str], leads: bool) -> str:
        if mark.alias not in self.evidence:
            return "(source not observed)"
        reference = "" if mark.alias in shown else f"[{self.number(mark.alias)}]"
        shown.add(mark.alias)
        value = self._title(mark.alias) if leads and not mark.field else self._value(mark)
        return f"{value or ''} {reference}".strip()

    def _value(self, mark: Mark) -> str | None:
        evidence = self.evidence.get(mark.alias)
        if evidence is None:
            return "(source not observed)"
        if mark.field:
            value = value_of(evidence, mark.field)
            return NOT_STATED if value is None else escape(value)
        if mark.quote:
            words = escape(mark.quote)
            return f"“{words}”" if quoted(evidence, mark.quote) else "(quote not found)"
        return None

    def _title(self, alias: str) -> str:
        return escape(title_of(self.evidence[alias]))

    def listing(self) -> Iterator[str]:
        if self.numbers:
            yield "\n## References\n"
        for reference in self.references():
            where = (
                f"<{reference.url}>" if reference.url else f"`{reference.kind}://{reference.id}`"
            )
            yield f"[{reference.n}] {escape(reference.title)}. {where}  "

    def references(self) -> Iterator[Reference]:
        for alias, n in self.numbers.items():
            evidence = self.evidence[alias]
            yield Reference(
                n=n,
                id=evidence.id,
                kind=evidence.kind,
                title=title_of(evidence),
                url=evidence.fields.get("url") or None,
            )


def _leads(line: str, at: int) -> bool:
    first = next(marks(line), None)
    return first is not None and first.start == at and not (first.field or first.quote)


def title_of(evidence: Evidence) -> str:
    """Its title; a review without one is named by its rating."""
    fields = evidence.fields
    if evidence.kind == "review":
        stars = f"{fields['rating']:g}-star review" if fields.get("rating") else "Review"
        dated = f", {fields['posted']}" if fields.get("posted") else ""
        return f"{stars}{dated}" + (f": {fields['title']}" if fields.get("title") else "")
    return str(fields.get("title") or evidence.id)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + " …"


# report.json


def _report(
    run: Trajectory, parsed: Parsed, numbered: _References, stop_reason: StopReason
) -> Report:
    known = run.evidence
    return Report(
        question=run.task.question,
        needs=tuple(ReportNeed(text=n.text, hard=n.hard, status=n.status) for n in parsed.needs),
        recommended=tuple(
            Recommended(**_card(known[a]), url=known[a].fields.get("url") or None, reasons=texts)
            for a, texts in _named(parsed, RECOMMENDATION, numbered)
        ),
        near_misses=tuple(
            NearMiss(**_card(known[a]), violates=texts)
            for a, texts in _named(parsed, NEAREST, numbered)
        ),
        unverified=tuple(
            Unverified(product_id=known[a].id, title=title_of(known[a]), unknown=texts)
            for a, texts in _named(parsed, UNVERIFIED, numbered)
        ),
        comparison=tuple(_comparison(parsed, known)),
        claims=(*_claims(parsed, numbered), *_in_words(numbered)),
        could_not_verify=tuple(_could_not_verify(parsed, numbered)),
        references=tuple(numbered.references()),
        stop_reason=stop_reason,
        snapshot=_snapshot(run),
    )


def _card(evidence: Evidence) -> dict[str, Any]:
    fields = evidence.fields
    return {
        "product_id": evidence.id,
        "title": title_of(evidence),
        "price": fields.get("price"),
        "currency": fields.get("currency"),
    }


def _named(
    parsed: Parsed, section: str, numbered: _References
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(alias, what is said of it) for each item that begins with an observed product."""
    for item in parsed.items(section):
        if item.alias and item.alias in numbered.evidence:
            yield item.alias, tuple(_texts(item, numbered))


def _texts(item: Item, numbered: _References) -> Iterator[str]:
    for text in (item.rest, *item.below):
        if plain := numbered.plain(text):
            yield plain


def _comparison(parsed: Parsed, known: dict[str, Evidence]) -> Iterator[Comparison]:
    for row in parsed.comparison:
        values = {
            known[alias].id: _compared(mark, known)
            for alias, mark in row.cells.items()
            if alias in known
        }
        yield Comparison(need=row.need, values=values)


def _compared(mark: Mark | None, known: dict[str, Evidence]) -> ComparedValue | None:
    if mark is None or not mark.field or mark.alias not in known:
        return None
    value = value_of(known[mark.alias], mark.field)
    return None if value is None else ComparedValue(value=value, evidence_id=known[mark.alias].id)


def _claims(parsed: Parsed, numbered: _References) -> Iterator[Claim]:
    """Each line that states observed values or words; those the evidence lacks are not found."""
    for section, body in parsed.sections.items():
        if section in (NEEDS, COULD_NOT_VERIFY):
            continue
        for line in body.splitlines():
            found = [m for m in marks(line) if m.field or m.quote]
            if not found or line.lstrip().startswith("|"):
                continue
            held = all(_holds(mark, numbered.evidence) for mark in found)
            sources = dict.fromkeys(m.alias for m in found if m.alias in numbered.evidence)
            yield Claim(
                text=re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+", "", numbered.plain(line)),
                status="supported" if held else "not found",
                evidence_ids=tuple(numbered.evidence[a].id for a in sources),
            )


def _in_words(numbered: _References) -> Iterator[Claim]:
    """What was said in plain words, as it was written."""
    for claim in numbered.claims:
        known = (numbered.evidence[a].id for a in claim.evidence if a in numbered.evidence)
        yield Claim(text=claim.text, status=claim.status, evidence_ids=tuple(known))


def _holds(mark: Mark, known: dict[str, Evidence]) -> bool:
    evidence = known.get(mark.alias)
    if evidence is None:
        return False
    if mark.quote:
        return quoted(evidence, mark.quote)
    return mark.field is None or value_of(evidence, mark.field) is not None


def _could_not_verify(parsed: Parsed, numbered: _References) -> Iterator[CouldNotVerify]:
    for item in parsed.items(COULD_NOT_VERIFY):
        need, _, why = item.rest.partition(": ")
        source = numbered.evidence.get(item.alias or "")
        yield CouldNotVerify(
            need=numbered.plain(need),
            product_id=source.id if source else None,
            why=numbered.plain(why) or NOT_STATED,
        )


def _snapshot(run: Trajectory) -> str | None:
    stated = (o.result.get("snapshot") for o in reversed(run.observations) if o.result)
    return next((s for s in stated if s), None)
