"""How many tokens a result costs, and how to make it fit.

A server cannot know its client's tokenizer, so the estimate leans high: a result that is
said to fit does fit, for the vocabularies in use (checked against o200k_base in the tests).
"""

import re
from collections.abc import Callable

from pydantic import BaseModel

LEAST_TOKENS = 500
MOST_TOKENS = 20_000

_PIECE = re.compile(r"[A-Za-z]+|\d+|\s+|[^A-Za-z\d\s]+")


def estimate(text: str) -> int:
    """Tokens of `text`, rather too many than too few."""
    return sum(_tokens_of(piece.group()) for piece in _PIECE.finditer(text))


def _tokens_of(piece: str) -> int:
    first = piece[0]
    if first.isspace():
        return 0 if piece == " " else 1
    if first.isascii() and first.isalpha():
        return 1 + (len(piece) - 1) // 7
    if first.isascii() and first.isdigit():
        return 1 + (len(piece) - 1) // 3
    return max(1, (len(piece.encode()) + 1) // 2)


def cost(result: BaseModel) -> int:
    return estimate(result.model_dump_json())


def fits(result: BaseModel, max_tokens: int) -> bool:
    text = result.model_dump_json()
    beyond_ascii = len(text.encode()) - len(text)
    # More than what text with JSON's marks comes to: most results need no closer look.
    if len(text) / 2 + 2 * beyond_ascii <= max_tokens:
        return True
    return estimate(text) <= max_tokens


def most_that_fit(at_most: int, fits: Callable[[int], bool]) -> int:
    """The largest n in [0, at_most] for which `fits(n)`, where fitting never gets easier."""
    if fits(at_most):
        return at_most
    low, high = 0, at_most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
