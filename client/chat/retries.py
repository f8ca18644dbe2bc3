"""Which failures of an endpoint may pass by themselves, and how long to wait for that."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from client.chat.streaming import BrokenOff, Told

LONGEST_WAIT = 60.0
"""Seconds; an endpoint that asks for more is not waited for."""

_FIRST_WAIT = 0.5
_PASSING = (408, 409, 429)


def may_pass(error: Exception) -> bool:
    match error:
        case openai.APIStatusError(status_code=status, code=code):
            return code != "insufficient_quota" and _passes(status)
        case Told(status=status):
            return _passes(status)
        case _:
            return isinstance(error, openai.APIConnectionError | BrokenOff)


def _passes(status: int) -> bool:
    return status in _PASSING or status >= 500


def wait_after(error: Exception, failed: int) -> float:
    """Seconds before the next try: as the endpoint asks, or longer from failure to failure.

    A little at random, so that runs that failed at once do not return at once."""
    asked = _asked(error) if isinstance(error, openai.APIStatusError) else None
    if asked is None:
        return min(_FIRST_WAIT * 2 ** (failed - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0)
    return max(asked, min(asked * random.uniform(1.0, 1.1), LONGEST_WAIT))


def _asked(error: openai.APIStatusError) -> float | None:
    """By retry-after-ms, or by Retry-After in seconds or as a date (RFC 9110, 10.2.3)."""
    headers = error.response.headers
    milliseconds, seconds = _number(headers.get("retry-after-ms")), headers.get("retry-after")
    if milliseconds is not None:
        return milliseconds / 1000
    if (number := _number(seconds)) is not None:
        return number
    try:
        until = parsedate_to_datetime(seconds or "")
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
