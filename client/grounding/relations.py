"""Products held against each other: what is measured, and against which."""

import re
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec

from client.grounding.comparing import COUNT, PRICE, RATING
from client.grounding.facts import Facts, stem
from client.grounding.judging import Verdict, not_found, of_slot
from client.grounding.measures import Measure, about, attributes, counts, named, price, ratings
from client.grounding.reading import Reading
from client.grounding.scopes import Clause, Mention, Slot

_PRICE = re.compile(r"pric|cheap|expens|cost|dear|money|afford|pay|spend|budget", re.IGNORECASE)
_RATING = re.compile(r"\brat(?:ed|ing|es)\b|stars?\b|scor|liked|mark", re.IGNORECASE)
_COUNT = re.compile(
    r"review|ratings\b|owner|buyer|customer|opinion|people\b|users\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")


_NAMED = "Say what it is held against."


P = ParamSpec("P")


def measured(facts: Facts, unit: str, words: frozenset[str], text: str, at: int) -> list[Measure]:
    """The numbers of one product that an amount with this unit, beside these words, is about."""
    if unit == "money":
        return price(facts)
    if unit == "stars":
        return ratings(facts)
    if unit == "":
        noun = _WORD.match(text, at + 1)
        counted = [m for m in attributes(facts, "") if noun and stem(noun[0]) in m.words]
        if counted:
            return counted
    if unit == "" and _PRICE.search(text):
        return price(facts)
    if unit == "" and _COUNT.search(text[max(0, at - 30) : at + 30]):
        return counts(facts)
    if unit == "" and RATING in words:
        return ratings(facts)
    meant, _ = named(attributes(facts, unit), text, at, at)
    return meant


def by_words(facts: Facts, words: frozenset[str]) -> list[Measure]:
    if PRICE in words:
        return price(facts)
    if RATING in words:
        return ratings(facts)[:1]
    if COUNT in words:
        return counts(facts)[:1]
    return about(facts, words) or _protection(facts, words)


def _protection(facts: Facts, words: frozenset[str]) -> list[Measure]:
    """ "IPX6" as 6."""
    for value in facts.values:
        found = re.fullmatch(r"IP[X\d](\d)", value.text)
        if found and value.words & words:
            n = float(found[1])
            mark = f"[{facts.alias}.attributes.{value.name}]"
            return [Measure(n, n, "", 0.0, mark, value.text, value.words)]
    return []


def topic(text: str) -> frozenset[str]:
    """What a phrase measures, as words that `by_words` takes."""
    if _PRICE.search(text):
        return frozenset({PRICE})
    if _COUNT.search(text):
        return frozenset({COUNT})
    if _RATING.search(text):
        return frozenset({RATING})
    return frozenset(stem(m[0]) for m in _WORD.finditer(text.casefold()))


def topics(
    reading: Reading, at: int, words: frozenset[str]
) -> Iterator[Callable[[Facts], list[Measure]]]:
    """Ways to tell what is measured: by these words, by the amount before, by the sentence."""
    following = next((a for a in reading.amounts if a.start >= at), None)
    if following and following.unit not in ("", "%", "money", "stars"):
        between = reading.text[at : following.start]
        if re.fullmatch(r"[\w-]+(?: [\w-]+)?(?: (?:at|with)|[,:])? \(?", between):
            yield lambda facts: measured(
                facts, following.unit, frozenset(), reading.text, following.start
            )
    if words:
        yield lambda facts: by_words(facts, words)
    before = [a for a in reading.amounts if a.end <= at and a.unit not in ("%",)]
    if before:
        last = before[-1]
        yield lambda facts: measured(
            facts, last.unit, frozenset(), reading.text, last.end if last.unit == "" else last.start
        )
    everything = topic(reading.whole)
    yield lambda facts: by_words(facts, everything)


def same_measure(
    reading: Reading, at: int, words: frozenset[str], a: Facts, b: Facts
) -> list[tuple[Measure, Measure]]:
    for of in topics(reading, at, words):
        if pairs := list(alike(of(a), of(b))):
            return pairs
    return []


def alike(one: list[Measure], other: list[Measure]) -> Iterator[tuple[Measure, Measure]]:
    """Pairs of the same unit, of the same attribute where there is such a pair."""
    pairs = [(a, b) for a in one for b in other if a.unit == b.unit]
    same = [(a, b) for a, b in pairs if a.words & b.words or not a.words]
    yield from same or pairs


def of_pairs(
    reading: Reading,
    slots: tuple[Slot, ...],
    others: tuple[Slot, ...],
    judge: Callable[Concatenate[Facts, Facts, P], Verdict],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Verdict:
    """It must hold of each subject against each other."""

    def between(a: Slot, b: Slot) -> Verdict:
        held = reading.ledger
        return of_slot(a, lambda x: of_slot(b, lambda y: judge(held[x], held[y], *args, **kwargs)))

    judged = [between(a, b) for a in slots for b in others if not set(a) & set(b)]
    worst = [v for s in ("contradicted", "not found", "supported") for v in judged if v.status == s]
    return worst[0] if worst else not_found()


def held_against(
    reading: Reading,
    slots: tuple[Slot, ...],
    at: int,
    judge: Callable[Concatenate[Facts, Facts, P], Verdict],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Verdict:
    """Against what is named; else against whichever product makes the words right. Where none
    does, it is contradicted only if both sides are sure."""
    clause = reading.clause
    others = others_of(reading, slots, at)
    judged = of_pairs(reading, slots, others, judge, *args, **kwargs) if others else not_found()
    if judged.holds or clause.compared:
        return judged
    mine = {alias for slot in slots for alias in slot}
    behind = next((m for m in clause.mentions if m.start >= at and not mine & set(m.slot)), None)
    named = behind and " than " not in clause.text[at : behind.start]
    named = named and not any(at <= a.start < behind.start for a in reading.amounts if behind)
    unsaid = not any(m.start < at for m in clause.mentions)
    everything = others if named else _any_other(reading, slots)
    if len(slots) == 1 and len(slots[0]) > 1 and not named:
        # Of two that a name may mean, the one is held against the other.
        slots, everything = ((slots[0][0],),), tuple((a,) for a in slots[0][1:])
        unsaid = True
    for other in everything:
        turning = unsaid or (other in clause.sentence and other in others)
        for one, two in ((slots, (other,)), ((other,), slots))[: 2 if turning else 1]:
            turned = of_pairs(reading, one, two, judge, *args, **kwargs)
            if turned.holds:
                return turned
    if judged.status == "contradicted" and not named and len(clause.sentence) != 2:
        return not_found(_NAMED, *judged.evidence)
    return judged


def _any_other(reading: Reading, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Every product, those first that were spoken of just before."""
    everything = (*reading.clause.inherited, *reading.clause.sentence, *reading.group)
    every = (*everything, *reading.products)
    return tuple(s for s in dict.fromkeys(every) if not any(set(s) & set(one) for one in slots))


def _first_group(clause: Clause, compared: list[Mention]) -> list[Mention]:
    """ "lighter than A and B, and 3 cm longer than C": only A and B."""
    group = compared[:1]
    for mention in compared[1:]:
        if not re.fullmatch(
            r"\W*(?:and|or|,)?(?: the)?\W*", clause.text[group[-1].end : mention.start]
        ):
            break
        group.append(mention)
    return group


def others_of(reading: Reading, slots: tuple[Slot, ...], at: int) -> tuple[Slot, ...]:
    """What the subject is held against: named behind "than", else the rest of the sentence."""
    clause = reading.clause
    mine = {alias for slot in slots for alias in slot}
    after = [m for m in clause.mentions if m.start >= at]
    behind = tuple(
        left
        for m in _first_group(clause, [m for m in after if m.compared]) or after
        if m.start >= at and m.slot[0][0] == "p"
        if (left := tuple(a for a in m.slot if a not in mine))
    )
    if behind:
        return behind
    named = tuple(slot for slot in clause.compared if not mine & set(slot))
    if named:
        return named
    return tuple(s for s in clause.sentence if not any(set(s) & set(one) for one in slots))
