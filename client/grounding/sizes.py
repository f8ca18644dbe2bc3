"""Sizes with an x or a colon between their numbers: "45 x 30 x 12 cm", "4K", "16:9"."""

import re
from collections.abc import Iterator

from client.grounding.facts import Facts
from client.grounding.figures import matches
from client.grounding.judging import Verdict, contradicted, not_found, supported
from client.grounding.measures import attributes
from client.grounding.numbers import amounts_in
from client.grounding.reading import Found, Reading

_NAMED_SIZES = {
    "4k": "3840x2160", "uhd": "3840x2160", "qhd": "2560x1440", "wqhd": "2560x1440",
    "fullhd": "1920x1080", "fhd": "1920x1080",
}  # fmt: skip
_DIMENSIONS = re.compile(
    r"(?<![\w.:])\d+:\d+(?![\w:])|\b(?:4K|UHD|W?QHD|[Ff]ull HD|FHD)\b"
    r"|(?<![\w.])\d+(?:[.,]\d+)?(?:\s?(?:mm|cm|in|m|px))?(?:\s?[x×]\s?\d+(?:[.,]\d+)?"
    r"(?:\s?(?:mm|cm|in|m|px|pixels)\b)?){1,2}"
)
_SIDE = re.compile(r"\d+(?:\.\d+)?")


def sizes(reading: Reading) -> Iterator[Found]:
    for found in _DIMENSIONS.finditer(reading.text):
        slots = reading.behind(found.end()) or reading.clause.about(found.start())
        if slots and reading.free(*found.span()):
            yield reading.found("attribute", *found.span(), reading.each(slots, _of_size, found[0]))


def _of_size(facts: Facts, text: str) -> Verdict:
    written, colon = _squeezed(text), ":" in text
    held = [v for v in facts.values if (m := _DIMENSIONS.search(v.text)) and (":" in m[0]) is colon]
    if any(written in _squeezed(v.text) for v in held) or written in _squeezed(facts.prose):
        return supported(facts.alias)
    if not held and _sides_stated(facts, text):
        return supported(facts.alias)
    if not held:
        return not_found(f"“{text}”: nothing of {facts.alias} states it.", facts.alias)
    value = held[0]
    return contradicted(
        f"“{text}”: the {value.name} of {facts.alias} is {value.text}. Write"
        f" [{facts.alias}.attributes.{value.name}].",
        facts.alias,
        stated=value.text,
    )


def _sides_stated(facts: Facts, text: str) -> bool:
    """Whether width, height and depth are stated one by one as they are written in one."""
    unit = re.search(r"(?:mm|cm|in|m)\b\s*$", text)
    sides = (
        amounts_in(" and ".join(f"{m[0]} {unit[0]}" for m in _SIDE.finditer(text))) if unit else ()
    )
    held = attributes(facts, "length")
    return bool(sides) and all(any(matches(side, m) for m in held) for side in sides)


def _squeezed(text: str) -> str:
    plain = re.sub(r"\s|px|pixels", "", text.replace("×", "x").casefold())
    return _NAMED_SIZES.get(plain, plain)
