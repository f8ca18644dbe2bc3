"""What kind of thing each product is, learned from the catalog alone.

A type is a noun phrase ("laser printer") and is whatever its endings are ("printer"). It is read
from an attribute, the title or the category; a product whose own words name none is compared with
the products whose words do: a "P2421D 60.5 cm LCD" has the attributes of a monitor.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from servers.language.synonyms import canonical, names, signed, wider
from servers.language.titles import (
    Phrase,
    before_measures,
    endings,
    first_phrases,
    is_measure,
    small_letter_runs,
    without_brand,
)
from servers.language.words import STOP_WORDS, analyze
from servers.records import Product

TypeSource = Literal["category", "title", "attribute", "inferred"]

_TYPE_ATTRIBUTES = ("product type", "item type", "item type name", "type of product")
_WEAK_TYPE_ATTRIBUTES = ("type", "device type")
_FORM_ATTRIBUTES = ("case type", "bag type")
"""In which form the thing comes: a notebook case may be a backpack or a sleeve."""
_VAGUE = frozenset(
    "accessory other part item product thing general misc miscellaneous adult woman man boy girl "
    "child kid unisex baby original compatible new pack set kit toy brand "
    "character more supply supplies component only family".split()
)
"""Heads that say too little when they stand alone."""
_PHRASE_ENDS = frozenset(
    "for with without under below over above that which up less more at between from by suitable "
    "compatible having has no and plus".split()
)
_ADJECTIVE = re.compile(r"\w{4}(?:ed|less|able)$")
_LOOK = re.compile(r"colou?r|finish|coloration|gloss")
_LOOKS = frozenset(
    "black white grey silver red blue green yellow cyan magenta orange pink purple brown beige "
    "gold chrome clear transparent original compatible matt matte gloss glossy opaque assorted "
    "multicolour new refurbished".split()
)
_SMALL = re.compile(r"(?<![\w-])[a-z]{3,20}(?![\w-])")
_SAMPLE = 20_000
_LEARNED = 2_000
_COVERAGE = 0.45
_LEAD = 0.25
_NEAR = 0.75


@dataclass(frozen=True)
class ProductType:
    name: str
    source: TypeSource


class Evidence(NamedTuple):
    """What one product says about its kind, read once: a plain tuple of texts, so that an index
    can put it aside until all products have been seen."""

    brand: str
    attribute: Phrase = ()
    weak_attribute: Phrase = ()
    leaf: Phrase = ()
    leaf_is_plural: bool = False
    runs: tuple[Phrase, ...] = ()
    heads: tuple[Phrase, ...] = ()
    described: tuple[Phrase, ...] = ()
    features: tuple[str, ...] = ()
    form: Phrase = ()


def _evidence(product: Product) -> Evidence:
    title = without_brand(product.title, product.brand)
    leaf, plural = _leaf(product)
    naming, describing = small_letter_runs(title)
    return Evidence(
        brand=(product.brand or "").casefold(),
        attribute=_attribute(product, _TYPE_ATTRIBUTES),
        weak_attribute=_attribute(product, _WEAK_TYPE_ATTRIBUTES),
        leaf=leaf,
        leaf_is_plural=plural,
        runs=tuple(naming),
        heads=tuple(first_phrases(title)),
        described=tuple(describing),
        features=_features(product, title),
        form=_attribute(product, _FORM_ATTRIBUTES),
    )


def _leaf(product: Product) -> tuple[Phrase, bool]:
    if not product.category:
        return (), False
    kinds = re.split(r"\s+(?:&|and)\s+|,\s+", product.category[-1])
    title = set(analyze(product.title))
    # "Kites & Flight Toys": the kind that the title names, else the last.
    text = next((one for one in kinds if set(analyze(one)[-1:]) & title), kinds[-1])
    words = tuple(analyze(text))
    return words, bool(words) and not text.casefold().endswith(words[-1])


def _attribute(product: Product, names: Iterable[str]) -> Phrase:
    for name in names:
        for value in product.attributes.get(name, ()):
            if isinstance(value, str):
                words = tuple(analyze(re.split(r"[(,]|\s/\s", value)[0]))
                if words and len(words) <= 4 and all(word.isalpha() for word in words):
                    return words
    return ()


def _features(product: Product, title: str) -> tuple[str, ...]:
    """What like products have in common: the attributes they state and the words of titles."""
    words = {word for word in analyze(title) if word.isalpha() and word not in STOP_WORDS}
    return tuple(product.attributes) + tuple(f"~{word}" for word in words)


@dataclass
class TypeModel:
    """The types of one catalog. `types` counts the products whose own words name them."""

    types: Mapping[str, int]
    weights: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict[str, Mapping[str, float]]
    )
    """feature -> type -> how much more often the type's products have it than others do."""
    typical: Mapping[str, float] = field(default_factory=dict[str, float])
    """type -> the score of its own median product."""
    describing: Sequence[str] = ()
    """Words that may stand behind the type in a title ("Ink Cartridge Original Black")."""
    _adjectives: frozenset[str] = frozenset()
    _lexicon: frozenset[Phrase] = frozenset()
    _is: dict[tuple[str, str], bool | None] = field(
        default_factory=dict[tuple[str, str], bool | None]
    )

    _asked_names: frozenset[Phrase] = frozenset()

    def __post_init__(self) -> None:
        self._lexicon = frozenset(tuple(name.split()) for name in self.types)
        self._adjectives = frozenset(self.describing)
        kinds = {kind for name in self._lexicon for kind in wider(name)}
        ends = {end for kind in kinds | self._lexicon for end in endings(kind)}
        named = {end for end in ends if not (len(end) == 1 and end[0] in _VAGUE | STOP_WORDS)}
        self._asked_names = frozenset(
            named | {name for name, one in names().items() if one in named}
        )

    def type_of(self, product: Product) -> ProductType | None:
        return self.type_from(_evidence(product))

    def type_from(self, evidence: Evidence) -> ProductType | None:
        """As `type_of` the product whose evidence `TypeMiner.observe` gave."""
        found = self._named(evidence) or self._inferred(evidence.features)
        return _in_form(found, evidence.form) if found and evidence.form else found

    def find(self, words: Phrase) -> tuple[int, int] | None:
        """Where a query (analyzed words) names a type: [start, end).

        The first noun phrase that names one counts: in "charger for a phone" it is the charger.
        """
        start = 0
        while start < len(words):
            end = start
            while end < len(words) and words[end] not in _PHRASE_ENDS:
                end += 1
            if (found := self._rightmost(words, start, end)) is not None:
                return found
            start = end + 1
        return None

    def _rightmost(self, words: Phrase, start: int, end: int) -> tuple[int, int] | None:
        for stop in range(end, start, -1):
            for first in range(max(start, stop - 4), stop):
                if words[first:stop] in self._asked_names:
                    return first, stop
        return None

    def is_a(self, product_type: str, asked: str) -> bool | None:
        """Whether a thing of one type is what was asked for; None where neither is sure."""
        key = (product_type, asked)
        if key not in self._is:
            if len(self._is) > 100_000:
                self._is.clear()
            self._is[key] = self._compare(tuple(analyze(product_type)), tuple(analyze(asked)))
        return self._is[key]

    def knows(self, asked: str) -> bool:
        return tuple(analyze(asked)) in self._lexicon

    def to_json(self) -> dict[str, Any]:
        return {
            "types": self.types,
            "weights": self.weights,
            "typical": self.typical,
            "describing": list(self.describing),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TypeModel":
        return cls(data["types"], data["weights"], data["typical"], data["describing"])

    def _named(self, evidence: Evidence) -> ProductType | None:
        if evidence.attribute in self._lexicon:
            return _type(evidence.attribute, "attribute")
        title = self._in_title(evidence)
        leaf = evidence.leaf if evidence.leaf in self._lexicon else ()
        if leaf and (not title or leaf[-1:] == title[-1:] or len(title) < 2):
            precise = title if len(title) > len(leaf) and title[-1:] == leaf[-1:] else leaf
            if not title or any(leaf[-1] in head for head in evidence.heads):
                return _type(precise, "title" if precise is title else "category")
        if title:
            return _type(title, "title")
        if evidence.weak_attribute in self._lexicon:
            return _type(evidence.weak_attribute, "attribute")
        sign = signed(evidence.features)
        return _type(sign, "inferred") if sign else None

    def _in_title(self, evidence: Evidence) -> Phrase:
        for run in evidence.runs:
            for ending in endings(run):
                if ending in self._lexicon:
                    return ending
        for head in evidence.heads:
            found = self._ending(before_measures(head)) or self._ending(head)
            if found:
                return found
        for run in evidence.described:
            if found := next((end for end in endings(run) if end in self._lexicon), None):
                return found
        return ()

    def _ending(self, head: Phrase) -> Phrase:
        """The type that ends the phrase, once colours and model numbers behind it are dropped."""
        while head:
            for ending in endings(head):
                if ending in self._lexicon:
                    return ending
            if head[-1] not in self._adjectives and head[-1].isalpha():
                break
            head = head[:-1]
        return ()

    def _inferred(self, features: Iterable[str]) -> ProductType | None:
        scores: dict[str, float] = {}
        for feature in features:
            if (weights := self.weights.get(feature)) is not None:
                for name, weight in weights.items():
                    scores[name] = scores.get(name, 0.0) + weight
        if not scores:
            return None
        top = max(scores.values())
        best = max(name for name, score in scores.items() if score == top)
        if top < _COVERAGE * self.typical.get(best, math.inf):
            return None
        rivals = (name for name, score in scores.items() if score > (1 - _LEAD) * top)
        if not all(_same_head(name, best) for name in rivals):
            return None
        return ProductType(self._agreed(best, scores), "inferred")

    def _agreed(self, best: str, scores: Mapping[str, float]) -> str:
        """ "printer", where laser and inkjet printers are about as likely."""
        shared = canonical(tuple(best.split()))
        for name, score in scores.items():
            if score > _NEAR * scores[best] and _same_head(name, best):
                words = canonical(tuple(name.split()))
                while words[-len(shared) :] != shared:
                    shared = shared[1:]
        return " ".join(shared) if shared in self._asked_names else best

    def _compare(self, have: Phrase, asked: Phrase) -> bool | None:
        want = canonical(asked)
        if not want:
            return None
        if "to" in have and "to" not in want and want[1:]:
            return False  # a cable from HDMI to DVI is a cable, and no DVI cable
        kinds = wider(have)
        if any(kind[-len(want) :] == want for kind in kinds):
            return True
        if any(want[-len(kind) :] == kind for kind in kinds if kind):
            return None
        if kinds[0][-1] == want[-1] and want not in self._lexicon and asked not in self._lexicon:
            return None
        return False


def _in_form(kind: ProductType, form: Phrase) -> ProductType:
    """ "backpack notebook case", where that is known to be a kind of its own."""
    words = tuple(kind.name.split())
    refined = (*(form[:-1] if form[-1:] == words[-1:] else form), *words)
    return _type(refined, kind.source) if len(wider(refined)) > 1 else kind


def _vague(phrase: Phrase) -> bool:
    return len(phrase) == 1 and phrase[0] in _VAGUE


@lru_cache(maxsize=100_000)
def _same_head(one: str, other: str) -> bool:
    return canonical(tuple(one.split()))[-1:] == canonical(tuple(other.split()))[-1:]


def _type(words: Phrase, source: TypeSource) -> ProductType:
    return ProductType(" ".join(words), source)


class TypeMiner:
    """Reads all products once, in bounded memory; `learn` then gives the catalog's types."""

    def __init__(self) -> None:
        self._leaves: Counter[Phrase] = Counter()
        self._attributes: Counter[Phrase] = Counter()
        self._weak: Counter[Phrase] = Counter()
        self._runs: Counter[Phrase] = Counter()
        self._heads: Counter[Phrase] = Counter()
        self._anywhere: Counter[str] = Counter()
        self._values: Counter[str] = Counter()
        self._makers: defaultdict[str, set[str]] = defaultdict(set)
        self._looks: Counter[str] = Counter()
        self._small: Counter[str] = Counter()
        self._adjectives: frozenset[str] = frozenset()
        self._sample: list[Evidence] = []
        self._stated: Counter[tuple[str, str]] = Counter()
        """(attribute, value) -> products, until they are taken apart: products repeat them."""
        self._seen = 0
        self._random = random.Random(0)

    def observe(self, product: Product) -> Evidence:
        evidence = _evidence(product)
        self._seen += 1
        self._keep(evidence)
        if evidence.leaf and evidence.leaf_is_plural:
            self._leaves[evidence.leaf] += 1
        if evidence.attribute:
            self._attributes[evidence.attribute] += 1
        if evidence.weak_attribute:
            self._weak[evidence.weak_attribute] += 1
        for run in evidence.runs[:1]:
            self._runs.update(endings(run))
            makers = self._makers[run[-1]]
            if len(makers) < 3:
                makers.add(evidence.brand)
        for head in evidence.heads[:1]:
            self._heads.update(endings(head, 3))
            self._anywhere.update(set(head))
            makers = self._makers[head[-1]]
            if len(makers) < 3:
                makers.add(evidence.brand)
        self._small.update(_SMALL.findall(product.description[:400]))
        self._stated.update(
            (name, value)
            for name, values in product.attributes.items()
            for value in values
            if type(value) is str and len(value) < 40
        )
        if len(self._stated) > 50_000:
            self._count_values()
        if self._seen % 50_000 == 0:
            self._shrink()
        return evidence

    def _count_values(self) -> None:
        for (name, value), times in self._stated.items():
            looks = _LOOK.search(name) is not None
            for word in analyze(value)[:4]:
                self._values[word] += times
                if looks:
                    self._looks[word] += times
        self._stated.clear()

    def learn(self) -> TypeModel:
        self._count_values()
        lexicon = self._lexicon()
        describing = self._describing()
        model = TypeModel({" ".join(words): 0 for words in lexicon}, describing=describing)
        members: defaultdict[str, list[Evidence]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for evidence in self._sample:
            if (named := model._named(evidence)) is not None:  # pyright: ignore[reportPrivateUsage]
                counts[named.name] += 1
                members[named.name].append(evidence)
        share = self._seen / max(len(self._sample), 1)
        types = {name: round(count * share) for name, count in counts.most_common()}
        weights, typical = _learned(members, self._sample)
        return TypeModel(types, weights, typical, describing)

    def _keep(self, evidence: Evidence) -> None:
        if len(self._sample) < _SAMPLE:
            self._sample.append(evidence)
        elif (at := self._random.randrange(self._seen)) < _SAMPLE:
            self._sample[at] = evidence

    def _shrink(self) -> None:
        """A million products have millions of rare phrases; those seen once name no type."""
        for counter in (self._runs, self._heads, self._leaves, self._attributes, self._weak):
            if len(counter) > 200_000:
                for phrase in [phrase for phrase, count in counter.items() if count < 2]:
                    del counter[phrase]

    def _lexicon(self) -> set[Phrase]:
        """Phrases that name things: stated as types, or written where titles write the type."""
        self._adjectives = frozenset(self._describing())
        stated = {phrase for phrase, count in self._attributes.items() if count >= 2}
        runs = self._runs.items()
        written = {phrase for phrase, count in runs if self._is_written(phrase, count)}
        ends = {phrase for phrase, count in self._heads.items() if self._is_head(phrase, count)}
        weak = {
            phrase
            for phrase, count in self._weak.items()
            if count >= 2 and (phrase in written or phrase in ends or len(phrase) > 1)
        }
        known = {
            phrase for phrase, count in self._heads.items() if count >= 3 and phrase in names()
        }
        titled = {
            phrase for phrase in written | ends | weak | known if not self._says_nothing(phrase)
        }
        stated |= {leaf for leaf in self._leaves if not is_measure(leaf[-1])}
        found = titled | {phrase for phrase in stated if not _vague(phrase)}
        # A chess game is a chess set where the shop has those, though it writes so but once.
        return found | {head for head in self._heads if names().get(head) in found}

    def _says_nothing(self, phrase: Phrase) -> bool:
        last, looks = phrase[-1], self._adjectives
        if (len(last) < 3 and (last,) not in names()) or last in STOP_WORDS or is_measure(last):
            return True
        if len(phrase) == 1 and _ADJECTIVE.search(last):
            return True
        if any(word in looks for word in phrase) or self._describes(last):
            return True
        return _vague(phrase)

    def _is_written(self, phrase: Phrase, count: int) -> bool:
        """Several makers write it, or one does and describes its products with it."""
        last = phrase[-1]
        return count >= 3 and (
            len(phrase) > 1 or len(self._makers[last]) >= 2 or self._small[last] >= 2
        )

    def _is_head(self, phrase: Phrase, count: int) -> bool:
        """A common noun that ends first phrases more often than it stands inside them. Names of
        series ("ThinkVision") are one maker's and never written small."""
        last = phrase[-1]
        if count < 2 or not all(word.isalpha() and len(word) > 1 for word in phrase):
            return False
        ends = self._heads[phrase[-1:]]
        common = len(self._makers[last]) >= 3 or self._is_written_small(last)
        return common and ends >= 3 and ends >= 0.5 * self._anywhere[last]

    def _is_written_small(self, word: str) -> bool:
        return self._runs[(word,)] + self._small[word] + self._small[word + "s"] >= 2

    def _describes(self, word: str) -> bool:
        """A word that is far more often an attribute's value ("laser") than the end of a name."""
        naming = max(self._heads[(word,)], self._runs[(word,)])
        return self._values[word] > 10 * naming and self._runs[(word,)] < 20

    def _describing(self) -> list[str]:
        looks = {
            word
            for word, count in self._looks.items()
            if word.isalpha() and count >= max(3, 0.5 * self._anywhere[word])
        }
        return sorted(looks | _LOOKS)


def _learned(
    members: Mapping[str, list[Evidence]], sample: list[Evidence]
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    everywhere: Counter[str] = Counter()
    for evidence in sample:
        everywhere.update(evidence.features)
    total = max(len(sample), 1)
    weights: defaultdict[str, dict[str, float]] = defaultdict(dict)
    ranked = sorted(members, key=lambda name: (-len(members[name]), name))[:_LEARNED]
    for name in (name for name in ranked if len(members[name]) >= 4):
        counts: Counter[str] = Counter()
        for evidence in members[name]:
            counts.update(evidence.features)
        size = len(members[name])
        for feature, count in counts.items():
            inside = (count + 0.1) / (size + 1)
            lift = math.log(inside / ((everywhere[feature] + 1) / total))
            if count >= 2 and lift > 0.7:
                weights[feature][name] = round(lift * min(1.0, inside * 2), 3)
    return dict(weights), _medians(members, weights)


def _medians(
    members: Mapping[str, list[Evidence]], weights: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    typical: dict[str, float] = {}
    for name, evidences in members.items():
        scores = sorted(
            sum(weights.get(feature, {}).get(name, 0.0) for feature in evidence.features)
            for evidence in evidences
        )
        if scores and scores[len(scores) // 2] > 0:
            typical[name] = round(scores[len(scores) // 2], 3)
    return typical
