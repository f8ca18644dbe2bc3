"""What can go wrong around a model of one's own, said for the person who started it."""

import importlib
from typing import Any


class FinetuneError(Exception):
    """Something a user can mend. The text says what to do."""


def library(name: str) -> Any:
    """A library of the extra `model`, imported where it is used: it takes gigabytes, and nothing
    else of this program needs it. Raises FinetuneError where it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise FinetuneError(
            f"{error.name} is not installed; run: pip install 'productresearch[model]'"
        ) from None
