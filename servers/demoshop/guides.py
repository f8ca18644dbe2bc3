"""The demo shop's buying guides: pages that explain attributes, some wrong or out of date."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Literal

from servers.demoshop.models import AS_OF
from servers.demoshop.words import (
    Category,
    Fact,
    capital,
    categories,
    expand,
    one_of,
    pick,
    read_words,
    sentence,
)
from servers.records import Page

PAGES = 120
YEARS = 6
BELIEVES_MYTHS = 0.07
REPEATS_WHAT_HELD = 0.6
COPIES_OLD_PAGES = 0.06


@dataclass(frozen=True)
class Wrong:
    """What a page says against better knowledge."""

    attribute: str
    says: str
    truth: str
    why: Literal["out of date", "myth"]


@dataclass(frozen=True)
class Guide:
    page: Page
    category: Category
    wrong: tuple[Wrong, ...]


@dataclass
class Draft:
    """A page being written."""

    rng: Random
    words: Mapping[str, tuple[str, ...]]
    category: Category
    published: date
    slots: dict[str, str]
    parts: list[str] = field(default_factory=list[str])
    wrong: list[Wrong] = field(default_factory=list[Wrong])

    def say(self, name: str, **slots: str) -> str:
        """One of the templates of that name, filled."""
        return expand(self.rng, pick(self.rng, self.words[name]), {**self.slots, **slots})

    def add(self, *parts: str) -> None:
        self.parts.extend(part for part in parts if part)


def make_guides(seed: int) -> tuple[Guide, ...]:
    rng = Random(f"{seed}:guides")
    words = {name: tuple(texts) for name, texts in read_words("guides.toml").items()}
    titles: dict[str, None] = {}
    guides: list[Guide] = []
    for number in range(PAGES):
        category = categories()[number % len(categories())]
        turn = number // len(categories())
        draft = Draft(rng, words, category, _day(rng), _slots(category))
        title = KINDS[turn % len(KINDS)](draft, turn // len(KINDS))
        if title in titles:
            title = f"{title} ({draft.published:%B %Y})"
        titles[title] = None
        guides.append(Guide(_page(draft, title, number), category, tuple(draft.wrong)))
    return tuple(guides)


def _day(rng: Random) -> date:
    first = date(AS_OF.year - YEARS, AS_OF.month, AS_OF.day)
    return first + timedelta(days=int(rng.random() * (AS_OF - first).days))


def _slots(category: Category) -> dict[str, str]:
    plural = category.plural
    return {
        "noun": category.noun,
        "one": one_of(category),
        "plural": plural,
        "Plural": plural[:1].upper() + plural[1:],
    }


def _page(draft: Draft, title: str, number: int) -> Page:
    site = pick(draft.rng, draft.words["sites"])
    slug = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    return Page(
        id=f"guide-{number + 1:03d}",
        title=title,
        text="\n\n".join((f"# {title}", *draft.parts, draft.say("closing"))),
        url=f"https://{site}/{draft.published.year}/{slug}",
        site=site,
        published=draft.published,
    )


# What every kind of page is made of


def _heading(text: str) -> str:
    return f"## {capital(text)}"


def _meaning(draft: Draft, fact: Fact) -> str:
    """What the attribute means, as the page's author knew it that day."""
    if fact.outdated and fact.changed and fact.truth:
        early = draft.published.year < fact.changed
        if draft.rng.random() < (REPEATS_WHAT_HELD if early else COPIES_OLD_PAGES):
            draft.wrong.append(Wrong(fact.attribute, fact.outdated, fact.truth, "out of date"))
            return f"{fact.means} {fact.outdated}"
        if early:
            return fact.means
        return f"{fact.means} " + draft.say("since", changed=str(fact.changed), truth=fact.truth)
    if fact.myth and fact.truth and draft.rng.random() < BELIEVES_MYTHS:
        draft.wrong.append(Wrong(fact.attribute, fact.myth, fact.truth, "myth"))
        return fact.myth
    return fact.means


def _believes(draft: Draft, fact: Fact) -> bool:
    return any(wrong.attribute == fact.attribute for wrong in draft.wrong)


def _advice(draft: Draft, fact: Fact) -> tuple[str, ...]:
    if _believes(draft, fact):
        return (f"{draft.say('trade_lead')} {fact.trade}",)
    return (
        f"{draft.say('choose_lead')} {fact.choose}",
        f"{draft.say('trade_lead')} {fact.trade}",
    )


def _missing(draft: Draft, fact: Fact) -> str:
    spec = next((s for s in draft.category.spec if s.name == fact.attribute), None)
    if spec and spec.also:
        return draft.say("also_called", also=f"“{spec.also[0]}”")
    return draft.say("not_stated", attribute=fact.attribute)


def _shuffled(draft: Draft, facts: Sequence[Fact]) -> list[Fact]:
    order = list(facts)
    draft.rng.shuffle(order)
    return order


# Kinds of pages: each fills the draft and returns its title


def _overview(draft: Draft, turn: int) -> str:
    facts = _shuffled(draft, draft.category.fact)
    draft.add(draft.say("intro", attribute=facts[0].attribute))
    for fact in facts:
        draft.add(_heading(fact.attribute), _meaning(draft, fact), *_advice(draft, fact))
    return draft.say("overview_title")


def _explainer(draft: Draft, turn: int) -> str:
    facts = _shuffled(draft, draft.category.fact)
    fact = facts[0]
    draft.add(draft.say("intro", attribute=fact.attribute))
    draft.add(_heading(f"what {fact.attribute} says"), _meaning(draft, fact))
    draft.add(_heading("which value for whom"), *_advice(draft, fact), _missing(draft, fact))
    draft.add(_heading("what belongs to it"))
    draft.add(*(f"- **{other.attribute}**: {other.choose}" for other in facts[1:3]))
    attribute = fact.attribute
    return draft.say("explainer_title", attribute=attribute, Attribute=capital(attribute))


def _for_persona(draft: Draft, turn: int) -> str:
    persona = draft.category.persona[turn % len(draft.category.persona)]
    facts = [fact for fact in draft.category.fact if fact.attribute in persona.look_at]
    who = persona.who
    draft.add(draft.say("intro", attribute=persona.look_at[0]))
    draft.add(sentence(f"{who} want {persona.needs}"))
    for fact in facts:
        draft.add(_heading(fact.attribute), _meaning(draft, fact), *_advice(draft, fact))
    draft.add(_heading("at a glance"), *_table(facts))
    return draft.say("persona_title", who=who, Who=capital(who))


def _table(facts: Sequence[Fact]) -> tuple[str, ...]:
    rows = [f"| {fact.attribute} | {fact.choose} |" for fact in facts]
    return ("\n".join(("| attribute | look for |", "| --- | --- |", *rows)),)


def _mistakes(draft: Draft, turn: int) -> str:
    facts = _shuffled(draft, draft.category.fact)[:4]
    draft.add(draft.say("intro", attribute=facts[0].attribute))
    for number, fact in enumerate(facts, 1):
        draft.add(draft.say("mistake", n=str(number), attribute=fact.attribute))
        if fact.myth and fact.truth:
            draft.add(draft.say("myth", myth=fact.myth, truth=fact.truth))
        else:
            draft.add(_meaning(draft, fact))
        draft.add(fact.choose, fact.trade)
    return draft.say("mistakes_title", n={3: "three", 4: "four"}[len(facts)])


def _versus(draft: Draft, turn: int) -> str:
    pair = draft.category.versus[turn % len(draft.category.versus)]
    facts = _shuffled(draft, draft.category.fact)[:2]
    draft.add(draft.say("intro", attribute=facts[0].attribute))
    draft.add(_heading(f"for {pair.a}"), pair.for_a, _heading(f"for {pair.b}"), pair.for_b)
    draft.add(_heading("what else decides"))
    for fact in facts:
        draft.add(f"**{capital(fact.attribute)}.** {_meaning(draft, fact)}", *_advice(draft, fact))
    return draft.say("versus_title", a=pair.a, b=pair.b, A=capital(pair.a))


def _figures(draft: Draft, turn: int) -> str:
    facts = _shuffled(draft, draft.category.fact)
    draft.add(draft.say("intro", attribute=facts[0].attribute))
    for fact in facts:
        draft.add(f"**{capital(fact.attribute)}**: {_meaning(draft, fact)} {fact.trade}")
        if draft.rng.random() < 0.5:
            draft.add(_missing(draft, fact))
    draft.add(_heading("in one table"), *_table([f for f in facts if not _believes(draft, f)]))
    return draft.say("figures_title")


def _care(draft: Draft, turn: int) -> str:
    accessory = pick(draft.rng, draft.category.accessory).nouns[0]
    draft.add(draft.say("care_lead") + ".", _heading("habits"))
    draft.add("\n".join(f"- {sentence(habit)}" for habit in draft.category.care))
    draft.add(_heading("parts"), draft.say("parts", accessory=accessory))
    draft.add(_heading("when it is time for another"))
    for fact in _shuffled(draft, draft.category.fact)[:2]:
        draft.add(f"Look again at **{fact.attribute}**: {_meaning(draft, fact)}", fact.trade)
    return draft.say("care_title")


def _glossary(draft: Draft, turn: int) -> str:
    facts = sorted(draft.category.fact, key=lambda fact: fact.attribute)
    draft.add(draft.say("intro", attribute=facts[0].attribute))
    for fact in facts:
        draft.add(f"**{capital(fact.attribute)}**\n: {_meaning(draft, fact)}")
    named = {fact.attribute for fact in facts}
    for spec in draft.category.spec:
        if spec.also and spec.name not in named:
            unit = f", in {spec.unit}" if spec.unit else ""
            draft.add(f"**{capital(spec.name)}**\n: Also listed as {' or '.join(spec.also)}{unit}.")
    return draft.say("glossary_title")


KINDS: tuple[Callable[[Draft, int], str], ...] = (
    _overview,
    _explainer,
    _for_persona,
    _mistakes,
    _versus,
    _figures,
    _care,
    _glossary,
)
