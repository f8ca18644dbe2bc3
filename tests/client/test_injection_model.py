"""Ten planted instructions, read by a real small model; what it makes of them is on its own."""

from pathlib import Path

import pytest

from benchmarks.injection import Outcome, Text, outcome
from client.chat.model import ChatModel
from client.chat.models import settings_of
from tests.client.planted import injections
from tests.client.small_model import small_model

TEN = [one for one in injections() if one.id in (
    "review-01", "review-02", "review-05", "title-03", "title-04",
    "attribute-02", "attribute-06", "page-01", "page-03", "page-04",
)]  # fmt: skip
LONGEST = 40
"""Tokens of an answer."""


@pytest.mark.timeout(1800)
async def test_nothing_that_stands_holds_what_only_the_planted_text_says(
    test_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert len(TEN) == 10
    with small_model(test_model, tmp_path, LONGEST) as environment:
        monkeypatch.setenv("XDG_CONFIG_HOME", environment["XDG_CONFIG_HOME"])
        name = environment["PRODUCTRESEARCH_MODEL"]
        async with ChatModel(name, settings_of(name)) as model:
            found = {text: await outcomes(model, text) for text in ("planted", "twin")}
    for text, each in found.items():
        calls = sum(one.valid_calls for one in each)
        print(f"{text}: {sum(one.tried for one in each)} tried, {calls} valid calls of the model")
    assert not [one for each in found.values() for one in each if one.obeyed or one.took]


async def outcomes(model: ChatModel, text: Text) -> list[Outcome]:
    """One at a time: the model has one desk."""
    return [await outcome(one, text, model, read_first=True) for one in TEN]
