"""report.html: the report as a page to read, print and pass on.

It says what report.md says, section by section; what the evidence adds (cards, plot, histograms)
stands beside it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from client.markup import (
    COMPARISON,
    NEEDS,
    RECOMMENDATION,
    marks,
    parse,
    quoted,
    value_of,
)
from client.pages.facts import facts
from client.pages.markdown import ReportMarkdown
from client.pages.page import Link, link_of, rendered
from client.pages.plots import Reviews, Scatter, number_of, price_against_rating, reviews_of
from client.report import title_of
from client.trajectory import (
    Claim,
    Evidence,
    Reference,
    Report,
    State,
    StopReason,
    Trajectory,
    Verdict,
)

_SECTION = re.compile(r"^##\s+(.+?)\s*#*$", re.MULTILINE)
_ITEM = re.compile(r"^ ?(?:[-*+]|\d+[.)])\s", re.MULTILINE)
_LEAD = re.compile(r"[*_]*(?P<title>.*?)(?<!\\)\[(?P<n>\d+)\][*_]*[ :,.–—-]*")
_LONGEST_TITLE = 160


@dataclass(frozen=True)
class Card:
    """One item of the recommendation; without a product it is the item's words alone."""

    rank: int
    product_id: str | None
    words: Markup | None
    """What the item says after its title, if more than the price."""
    reasons: tuple[Markup, ...]
    title: str = ""
    n: int | None = None
    """Its number among the references."""
    price: str | None = None
    rating: str | None = None
    owners: int | None = None
    stock: str | None = None
    as_of: str | None = None
    link: Link | None = None
    reviews: Reviews | None = None


@dataclass(frozen=True)
class Section:
    title: str
    kind: str
    """Its heading in lower case, which the template knows some of."""
    text: Markup
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Source:
    """One entry of the references, with what the report quotes from it."""

    n: int
    kind: str
    id: str
    title: str
    about: str | None
    link: Link | None
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """What became of the drafts of one state."""

    what: str
    judged: int
    sent_back: int
    open: tuple[str, ...]
    """What stood against a draft that was taken all the same."""


def report_page(run: Trajectory, markup: str, markdown: str, report: Report) -> str:
    """The whole HTML file. `markdown` and `report` are what `client.report.render` made of the
    final `markup`; the Markdown's last line counts the claims."""
    body, _, counted = markdown.rstrip().rpartition("\n")
    shown = _Shown(run, report, _quotes(run, markup))
    sections = list(shown.sections(body))
    return rendered(
        "report",
        title=report.question,
        report=report,
        stopped=None if report.stop_reason is StopReason.DONE else report.stop_reason.value,
        facts=list(facts(run)),
        sections=sections,
        plot=shown.plot(sections),
        plot_after=_last_of(sections, (RECOMMENDATION, COMPARISON)),
        counted=counted,
        claims={status: shown.claims(status) for status in _STATUSES},
        judged=[j for state in State if (j := _judged(run, state))],
        supervised=run.task.settings.get("supervise", True),
        sources=list(shown.sources()),
    )


_STATUSES = ("supported", "contradicted", "not found")


class _Shown:
    def __init__(self, run: Trajectory, report: Report, quotes: dict[str, list[str]]) -> None:
        self._run = run
        self._report = report
        self._markdown = ReportMarkdown(report.references)
        self._evidence = {(e.kind, e.id): e for e in run.evidence.values()}
        self._quotes = quotes

    def sections(self, markdown: str) -> Iterator[Section]:
        pieces = _SECTION.split(markdown)
        for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
            kind = title.lower()
            if kind == "references":
                continue
            split = _ITEM.search(body)
            before = body[: split.start()] if split else body
            if kind == RECOMMENDATION and split:
                cards = tuple(self._cards(body))
                yield Section(title, kind, self._markdown.block(before), cards)
            elif kind == NEEDS and len(self._report.needs) == len(_ITEM.findall(body)):
                yield Section(title, kind, self._markdown.block(before))
            else:
                yield Section(title, "" if kind == NEEDS else kind, self._markdown.block(body))

    def _cards(self, body: str) -> Iterator[Card]:
        items = parse(f"## {RECOMMENDATION}\n{body}").items(RECOMMENDATION)
        for rank, item in enumerate(items, 1):
            lead = _LEAD.match(item.text)
            product = self._product(int(lead["n"])) if lead else None
            if lead and product:
                own = f"[{lead['n']}]"  # stands beside the title
                texts = [text.replace(own, "") for text in (item.text[lead.end() :], *item.below)]
                yield self._card(rank, product, int(lead["n"]), texts)
            else:
                reasons = tuple(self._markdown.line(line) for line in item.below)
                yield Card(rank, None, self._markdown.line(item.text), reasons)

    def _card(self, rank: int, product: Evidence, n: int, texts: list[str]) -> Card:
        """`texts`: what the item says after the title, and its reasons."""
        words, *reasons = texts
        fields = product.fields
        price = value_of(product, "price")
        said = words.removeprefix("at ").strip()
        owners = number_of(fields.get("review_count"))
        return Card(
            rank=rank,
            product_id=product.id,
            words=self._markdown.line(words) if said and said != price else None,
            reasons=tuple(self._markdown.line(reason) for reason in reasons),
            title=_cut(title_of(product)),
            n=n,
            price=price,
            rating=value_of(product, "rating"),
            owners=None if owners is None else int(owners),
            stock=value_of(product, "in_stock"),
            as_of=value_of(product, "as_of"),
            link=link_of(fields.get("url")),
            reviews=reviews_of(product),
        )

    def _product(self, n: int) -> Evidence | None:
        if not 1 <= n <= len(self._report.references):
            return None
        reference = self._report.references[n - 1]
        return (
            self._evidence.get(("product", reference.id)) if reference.kind == "product" else None
        )

    def plot(self, sections: Sequence[Section]) -> Scatter | None:
        cards = [card for section in sections for card in section.cards]
        ranks = {card.product_id: card.rank for card in reversed(cards) if card.product_id}
        products = [e for e in self._evidence.values() if e.kind == "product"]
        return price_against_rating(products, ranks)

    def claims(self, status: str) -> list[Markup]:
        claims: Sequence[Claim] = self._report.claims
        return [
            self._markdown.line(c.text.replace("****", "")) for c in claims if c.status == status
        ]

    def sources(self) -> Iterator[Source]:
        for reference in self._report.references:
            yield self._source(reference)

    def _source(self, reference: Reference) -> Source:
        evidence = self._evidence.get((reference.kind, reference.id))
        product = self._run.evidence.get(str(evidence.fields.get("product_id")) if evidence else "")
        return Source(
            n=reference.n,
            kind=reference.kind,
            id=reference.id,
            title=_cut(reference.title),
            about=_cut(title_of(product)) if product else None,
            link=link_of(reference.url),
            quotes=tuple(self._quotes.get(evidence.alias, ())) if evidence else (),
        )


def _quotes(run: Trajectory, markup: str) -> dict[str, list[str]]:
    """By alias: the words that the report quotes and the source holds."""
    found: dict[str, list[str]] = {}
    for mark in marks(markup):
        evidence = run.evidence.get(mark.alias)
        if mark.quote and evidence and quoted(evidence, mark.quote):
            said = found.setdefault(mark.alias, [])
            if mark.quote not in said:
                said.append(mark.quote)
    return found


def _judged(run: Trajectory, state: State) -> Judged | None:
    verdicts: list[Verdict] = [v for v in run.verdicts if v.state is state]
    if not verdicts:
        return None
    return Judged(
        what={State.PLANNING: "plan", State.ACTING: "tool call", State.WRITING: "draft"}[state],
        judged=len(verdicts),
        sent_back=sum(v.decision == "revise" for v in verdicts),
        open=tuple(
            f"{check.code}: {check.message}"
            for verdict in verdicts
            if verdict.forced
            for check in verdict.checks
            if check.severity == "refuse"
        ),
    )


def _last_of(sections: Sequence[Section], kinds: tuple[str, ...]) -> int:
    return max((n for n, s in enumerate(sections) if s.kind in kinds), default=-1)


def _cut(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
