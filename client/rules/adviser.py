"""Writes what a run found as report markup, the way a good shop adviser answers:
what fits and why, what comes nearest, what owners say, what could not be verified.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from client.markup import money, quote_mark, value_of
from client.rules.findings import Findings, Near, Said, holds_any
from client.rules.ranking import balance, ranked, wishes_of
from client.rules.wishes import Wish, wish_for
from client.trajectory import Need

_ALL_OF = 8
_LOOKED_INTO = 5
_SHOWN_NEAR = 5
_SHOWN_UNVERIFIED = 6
_SHOWN_BELOW = 10
_QUOTES = 2
_ASPECTS = 3
_GUIDED = 3
_LONGEST_QUOTE = 160
_FEW = 3


def advise(found: Findings) -> str:
    """The report's markup."""
    return "\n\n".join(part for part in _Adviser(found).parts() if part) + "\n"


def _spoken_of(need: Need) -> tuple[str, ...]:
    """Words by which a guide would speak of a need."""
    wish = None if need.hard else wish_for(need.text)
    field = _field(need)
    if field in ("type", "price", "rating", "brand", "in_stock"):
        return ()
    named = (field.removeprefix("attributes."),) if field else ()
    return (*named, *(wish.asked_of_owners if wish else (need.text.lower(),)))


@dataclass(frozen=True)
class _Adviser:
    found: Findings

    def parts(self) -> Iterator[str]:
        yield f"# {_plain(self.found.run.task.question)}"
        if not self.found.plan.looking_for:
            yield _NO_PRODUCT
            return
        yield self.needs()
        yield self.recommendation()
        yield self.comparison()
        yield _section("Nearest", self.nearest())
        yield _section("Unverified", self.unverified())
        yield _section("What owners say", self.owners())
        yield _section("Guides", self.guides())
        yield _section("Trade-offs", self.trade_offs())
        yield _section("Could not verify", self.could_not_verify())

    # Who is in the report

    @cached_property
    def best(self) -> tuple[str, ...]:
        """As many as wanted, or all where they are few; of variants the best one."""
        count = len(self.models)
        wanted = count if count <= _ALL_OF else self.found.plan.wanted
        return self.models[:wanted]

    @cached_property
    def models(self) -> tuple[str, ...]:
        return self.found.one_of_each(ranked(self.found, by_owners=True))

    @cached_property
    def rest(self) -> tuple[str, ...]:
        return self.models[len(self.best) :]

    @cached_property
    def shown_near(self) -> tuple[Near, ...]:
        return self.found.near[:_SHOWN_NEAR] if len(self.found.fits) < _FEW else ()

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """What is recommended, else what comes nearest."""
        return self.best or tuple(near.alias for near in self.shown_near)

    @cached_property
    def spoken_of(self) -> tuple[str, ...]:
        """Those looked into: their owners were asked."""
        return self.compared[:_LOOKED_INTO]

    @cached_property
    def hard(self) -> list[Need]:
        """Hard needs: the kind of thing, the price, then as asked."""
        hard = [n for n in self.found.plan.needs if n.hard]
        return sorted(hard, key=lambda n: (_field(n) != "type", _field(n) != "price"))

    # Sections

    def needs(self) -> str:
        lines = [f"- (hard) {_plain(need.text)}: {self._status(need)}" for need in self.hard]
        lines += [
            f"- (soft) {_plain(need.text)}: {self._wish_status(wish)}"
            for need, wish in wishes_of(self.found)
        ]
        return f"## Needs\n\nLooking for: {_plain(self.found.plan.looking_for)}.\n\n" + "\n".join(
            lines
        )

    def recommendation(self) -> str:
        if not self.best:
            return f"## Recommendation\n\n{self._nothing_fits()}"
        count, models = len(self.found.fits), len(self.models)
        variants = f", in {count} variants," if models < count else ""
        known = all(need.constraint for need in self.hard)
        needs = "every hard need" + ("" if known else " that the catalog can answer")
        lead = (
            f"{models} products{variants} meet {needs}; {self._order()}."
            if models > 1
            else f"One product{variants} meets {needs}."
        )
        items = [self._recommended(n, alias) for n, alias in enumerate(self.best, 1)]
        parts = ("## Recommendation", lead, "\n".join(items), self._also())
        return "\n\n".join(part for part in parts if part)

    def _recommended(self, n: int, alias: str) -> str:
        price = f" at [{alias}.price]" if self._states(alias, "price") else ", price not stated"
        lines = [f"{n}. **[{alias}]**{price}"]
        for need in self.hard:
            if mark := self._stated_as(alias, need):
                lines.append(f"   - {_plain(need.text)}: {mark}")
        for need, wish in wishes_of(self.found):
            lines += [
                f"   - {_plain(need.text)}: {name} [{alias}.attributes.{name}]"
                for name in wish.attributes
                if self._states(alias, f"attributes.{name}")
            ]
        if self._states(alias, "rating"):
            lines.append(f"   - rated [{alias}.rating] of 5{self._owners(alias)}")
        if self.found.evidence[alias].fields.get("in_stock") is False:
            lines.append(f"   - out of stock [{alias}]")
        return "\n".join(lines)

    def _owners(self, alias: str) -> str:
        count = self.found.evidence[alias].fields.get("review_count")
        if count is None:
            return ""
        return f" by [{alias}.review_count] owner{'' if count == 1 else 's'}"

    def _order(self) -> str:
        """What the order of the recommended goes by, in words."""
        wishes = [wish for _, wish in wishes_of(self.found)]
        by = [wish.most or name for wish in wishes for name in wish.attributes]
        if any(balance(self.found, alias, wish) for alias in self.best for wish in wishes):
            by.append("best spoken of by owners")
        if any(self._states(alias, "rating") for alias in self.best):
            by.append("best rated")
        return f"{', then '.join((*dict.fromkeys(by), 'closest to the question'))} first"

    def _also(self) -> str:
        if not self.rest:
            return ""
        shown = [f"[{a}.title]{self._price_in_brackets(a)}" for a in self.rest[:_SHOWN_BELOW]]
        more = len(self.rest) - len(shown)
        return f"Also fitting: {'; '.join(shown)}{f'; and {more} more' if more else ''}."

    def _price_in_brackets(self, alias: str) -> str:
        return f" ([{alias}.price])" if self._states(alias, "price") else ""

    def _nothing_fits(self) -> str:
        failed = [o for o in self.found.run.observations if o.name == "search_catalog" and not o.ok]
        if not self.found.search and failed:
            return f"The catalog could not be searched: {_plain(failed[-1].error or '')}"
        thing = _plain(self.found.plan.looking_for)
        asked = " ".join(
            _plain(need.text) for need in self.hard if _field(need) not in ("", "type")
        )
        said = f"Nothing in this catalog fits: no {thing} {asked}".rstrip() + "."
        if self.shown_near:
            return f"{said} What comes nearest, and by how much, stands below."
        if self.found.unverified:
            return f"{said} For some the catalog does not state enough to tell; they stand below."
        return f"{said} Nothing comes near it either."

    def comparison(self) -> str:
        shown = self.compared
        if len(shown) < 2:
            return ""
        head = f"| need | {' | '.join(f'[{alias}]' for alias in shown)} |"
        rows = [self._row(label, field, shown) for label, field in self._compared()]
        return "\n".join(("## Comparison", "", head, "| --- " * (len(shown) + 1) + "|", *rows))

    def _compared(self) -> Iterator[tuple[str, str]]:
        yield "price", "price"
        for need in self.hard:
            field = _field(need)
            if field.startswith("attributes.") or field in ("brand", "in_stock"):
                yield _plain(need.text), field
        for need, wish in wishes_of(self.found):
            for name in wish.attributes:
                if name not in ("price", "rating"):
                    yield f"{_plain(need.text)} ({name})", f"attributes.{name}"
        if any(self._states(alias, "rating") for alias in self.compared):
            yield "rating", "rating"

    def _row(self, label: str, field: str, shown: Sequence[str]) -> str:
        cells = [f"[{a}.{field}]" if self._states(a, field) else "not stated" for a in shown]
        return f"| {label} | {' | '.join(cells)} |"

    def nearest(self) -> Iterator[str]:
        for near in self.shown_near:
            yield f"[{near.alias}]: " + "; ".join(
                self._broken(near.alias, v) for v in near.violates
            )

    def _broken(self, alias: str, violation: dict[str, str]) -> str:
        if violation["filter"] != "price":
            return _plain(violation["text"])
        side = "under" if violation["asked"].startswith("at least") else "over"
        by = violation.get("by")
        currency = self.found.evidence[alias].fields.get("currency")
        return f"price [{alias}.price]" + (
            f", {side} by {money(float(by), currency)}" if by else ""
        )

    def unverified(self) -> Iterator[str]:
        likely = sorted(
            self.found.unverified, key=lambda item: (len(item.reasons), -self._hints(item.alias))
        )
        for item in likely[:_SHOWN_UNVERIFIED]:
            yield f"[{item.alias}]{self._price_in_brackets(item.alias)}: " + "; ".join(
                _plain(reason) for reason in item.reasons
            )

    def _hints(self, alias: str) -> int:
        """How many of the words asked for stand in the title: "HP", where it is for an HP."""
        asked = (c.value for c in self.found.constraints if c.op == "is" and c.field != "type")
        words = [value.lower() for value in asked if isinstance(value, str)]
        title = str(self.found.evidence[alias].fields.get("title") or "")
        return sum(holds_any(title, [word]) for word in words)

    def owners(self) -> Iterator[str]:
        for alias in self.spoken_of:
            lines = [self._counted(alias), *self._quotes(alias)]
            if any(lines):
                yield f"[{alias}.title]" + "".join(f"\n  - {line}" for line in lines if line)

    def _counted(self, alias: str) -> str:
        summary = self.found.summaries.get(alias)
        if not summary:
            return ""
        head = f"[{alias}.review_summary.count] review{'' if summary['count'] == 1 else 's'}"
        if summary.get("mean") is not None:
            head += f", mean [{alias}.review_summary.mean]"
        liked, disliked = _aspects(summary.get("aspects") or [])
        head += f"; liked: {liked}" if liked else ""
        return head + (f"; complained of: {disliked}" if disliked else "")

    def _quotes(self, alias: str) -> Iterator[str]:
        used: set[str] = set()
        for need, wish in wishes_of(self.found) or [(None, _ANY_WISH)]:
            said = [
                s for s in self.found.said_of(alias, wish.asked_of_owners) if s.words not in used
            ]
            for one in _for_and_against(said)[:_QUOTES]:
                used.add(one.words)
                stars = f" ({one.rating:g} of 5)" if one.rating is not None else ""
                about = f"{_plain(need.text)}: " if need else ""
                yield f"{about}{quote_mark(one.alias, _cut(one.words))}{stars}"

    def guides(self) -> Iterator[str]:
        """Sentences of the guide that speak of a need."""
        words = [word for need in self.found.plan.needs for word in _spoken_of(need)]
        for observation in self.found.results("read_page"):
            result = observation.result or {}
            title = _plain(str(result.get("title")))
            dated = f" ({result['published']})" if result.get("published") else ""
            for sentence in self.found.guide_says(observation, words)[:_GUIDED]:
                yield f"{title}{dated}: {quote_mark(str(result['id']), sentence)}"

    def trade_offs(self) -> Iterator[str]:
        if len(self.best) < 2:
            return
        yield from self._extreme("price", "low", "cheapest of them")
        for _, wish in wishes_of(self.found):
            for name in wish.attributes:
                if name not in ("price", "rating"):
                    most = wish.most or f"{'lowest' if wish.better == 'low' else 'highest'} {name}"
                    yield from self._extreme(name, wish.better, most)
        yield from self._extreme("rating", "high", "best rated")

    def _extreme(self, name: str, better: str, most: str) -> Iterator[str]:
        """ "The quietest with a stated figure: A and B at 49 dB(A).\""""
        stated = {a: n for a in self.found.fits if (n := self.found.number(a, name)) is not None}
        if len(set(stated.values())) < 2:
            return
        end = min(stated.values()) if better == "low" else max(stated.values())
        leaders = self.found.one_of_each([a for a, n in stated.items() if n == end])[:_FEW]
        field = name if name in ("price", "rating") else f"attributes.{name}"
        titles = " and ".join(f"[{alias}.title]" for alias in leaders)
        known = "" if len(stated) == len(self.found.fits) else " with a stated figure"
        first = self.best[0]
        dearer = name == "price" and stated.get(first, end) > end
        beside = f"; the first choice costs [{first}.price]" if dearer else ""
        yield f"The {most}{known}: {titles} at [{leaders[0]}.{field}]{beside}"

    def could_not_verify(self) -> Iterator[str]:
        for need in self.hard:
            if need.constraint is None and self.spoken_of:
                yield f"{_plain(need.text)}: no filter or attribute of this catalog answers it"
        for need, wish in wishes_of(self.found):
            yield from self._unmeasured(need, wish)

    def _unmeasured(self, need: Need, wish: Wish) -> Iterator[str]:
        for name in wish.attributes:
            if name in ("price", "rating"):
                return
            for alias in self.best or self.spoken_of:
                if not self._states(alias, f"attributes.{name}"):
                    yield f"[{alias}] {_plain(need.text)}: {name} is not stated"
        if wish.attributes or not self.spoken_of:
            return
        unheard = [a for a in self.spoken_of if not self.found.said_of(a, wish.asked_of_owners)]
        if len(unheard) == len(self.spoken_of):
            yield f"{_plain(need.text)}: no owner's review found here speaks of it"
            return
        for alias in unheard:
            yield f"[{alias}] {_plain(need.text)}: no owner's review found here speaks of it"

    # Judgements

    def _status(self, need: Need) -> str:
        if need.constraint is None:
            return "could not verify"
        if self.best:
            return "met"
        name = _field(need).removeprefix("attributes.")
        if any(v["filter"] == name for near in self.shown_near for v in near.violates):
            return "not met"
        nearest = [near.alias for near in self.shown_near]
        known = nearest and all(self._states(alias, need.constraint.field) for alias in nearest)
        return "partly met" if known else "could not verify"  # by what breaks another need

    def _wish_status(self, wish: Wish) -> str:
        shown = self.spoken_of
        measured = [
            alias
            for alias in shown
            if any(self.found.number(alias, name) is not None for name in wish.attributes)
        ]
        liked = [alias for alias in shown if balance(self.found, alias, wish) > 0]
        heard = len({*measured, *liked})
        if not heard:
            return "could not verify"
        return "met" if heard == len(shown) else "partly met"

    def _states(self, alias: str, field: str) -> bool:
        return value_of(self.found.evidence[alias], field) is not None

    def _stated_as(self, alias: str, need: Need) -> str | None:
        constraint = need.constraint
        if constraint is None or constraint.field in ("price", "type", "rating"):
            return None  # said in the item's other lines
        if not self._states(alias, constraint.field):
            return None
        name = constraint.field.removeprefix("attributes.")
        said = name in ("brand", "in_stock", "rating") or name.casefold() == need.text.casefold()
        label = "" if said else f"{name} "
        return f"{label}[{alias}.{constraint.field}]"


_ANY_WISH = Wish(
    ("",), asked_of_owners=("quality", "good", "great", "well", "poor", "broke", "bad")
)
_NO_PRODUCT = """## Recommendation

The question names no kind of product, so there is nothing to search for. Say what you are \
looking for and what it must have, for example: "a 24 inch monitor with HDMI under 200"."""


def _aspects(aspects: list[dict[str, Any]]) -> tuple[str, str]:
    """What owners like and what they complain of, by how many speak of it so."""

    def worded(side: str, other: str) -> str:
        mostly = [a for a in aspects if a[side] > a[other] or (side == "negative" and a[side] > 1)]
        most = sorted(mostly, key=lambda a: (-a[side], a["name"]))[:_ASPECTS]
        return ", ".join(f"{_plain(a['name'])} ({a[side]} of {a[side] + a[other]})" for a in most)

    return worded("positive", "negative"), worded("negative", "positive")


def _section(title: str, items: Iterator[str]) -> str:
    lines = [f"- {item}" for item in items]
    return f"## {title}\n\n" + "\n".join(lines) if lines else ""


def _field(need: Need) -> str:
    return need.constraint.field if need.constraint else ""


def _for_and_against(said: Sequence[Said]) -> list[Said]:
    """The best sentence of the pleased, then of the displeased."""
    liked = [s for s in said if s.rating is not None and s.rating >= 4]
    disliked = [s for s in said if s.rating is not None and s.rating <= 2]
    return [*liked[:1], *disliked[:1]] or list(said[:1])


def _cut(words: str) -> str:
    """At most a short quote, ending at a word."""
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST_QUOTE else words[:_LONGEST_QUOTE].rsplit(" ", 1)[0]


def _plain(text: str) -> str:
    """Words that are not ours, on one line and free of markup."""
    return " ".join(text.replace("[", "(").replace("]", ")").replace("|", "/").split())
