"""Research with a real small language model behind our own server. Its reports are poor: what is
tested is that the loop holds, and that the record is honest about who did what."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from client import runs
from client.toolbox import own_program
from client.trajectory import Message, Report, RubricDrawn, StopReason, Trajectory
from tests.client.shop import KETTLES
from tests.client.small_model import small_model
from tests.client.test_killed import served

QUESTION = "a quiet kettle under £40"
LONGEST = 80
"""Tokens of an answer."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def model(test_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with small_model(test_model, tmp_path_factory.mktemp("config"), LONGEST) as environment:
        yield environment


@dataclass(frozen=True)
class Done:
    code: int
    run: Trajectory
    report: Report
    markdown: str
    manifest: dict[str, Any]


def research(environment: dict[str, str], folder: Path, *options: str) -> Done:
    with served([]) as shop:
        command = [*own_program(), "research", QUESTION, "--server", shop, "--out", str(folder)]
        done = subprocess.run(
            [*command, "--max-tool-calls", "6", "--max-minutes", "6", "--quiet", *options],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert "Traceback" not in done.stderr
    return Done(
        done.returncode,
        runs.read(folder),
        Report.model_validate_json((folder / "report.json").read_text()),
        (folder / "report.md").read_text(),
        json.loads((folder / "manifest.json").read_text()),
    )


def test_alone_it_is_on_record_for_every_word(model: dict[str, str], tmp_path: Path):
    done = research(model, tmp_path / "run", "--no-supervise")
    assert {message.author for message in done.run.messages} == {"researcher"}
    assert not any(verdict.checks for verdict in done.run.verdicts)
    holds(done, model["PRODUCTRESEARCH_MODEL"])


def test_supervised_its_faults_are_sent_back_and_the_rules_take_over_where_it_fails(
    model: dict[str, str], tmp_path: Path
):
    done = research(model, tmp_path / "run", "--corrector", "rules", "--supervisor-model", "none")
    assert done.run.messages[0].author == "researcher"
    taken_over = [message for message in done.run.messages if message.author == "corrector"]
    for message in taken_over:
        (handed_over, *_) = [v for v in done.run.verdicts if v.next_author == "corrector"]
        assert handed_over.checks
        assert done.run.events.index(handed_over) < done.run.events.index(message)
    holds(done, model["PRODUCTRESEARCH_MODEL"])
    # Whoever wrote the report that stood: what it recommends fits, and is sold at that price.
    fits = [(kettle["title"], kettle["price"]) for kettle in KETTLES if kettle["price"] <= 40]
    for product in done.report.recommended:
        assert (product.title, product.price) in fits


def test_as_its_own_supervisor_what_it_says_is_on_record_and_the_run_ends(
    model: dict[str, str], tmp_path: Path
):
    done = research(model, tmp_path / "run", "--max-minutes", "1.5", "--corrector", "rules")
    (drawn,) = [event for event in done.run.events if isinstance(event, RubricDrawn)]
    assert bool(drawn.failed) != bool(drawn.rubric.criteria)
    said = [drawn.usage, *(v.usage for v in done.run.verdicts if v.usage)]
    assert {usage.model for usage in said if usage} == {model["PRODUCTRESEARCH_MODEL"]}
    holds(done, model["PRODUCTRESEARCH_MODEL"])


def holds(done: Done, name: str) -> None:
    """What is true of every run, however poor its report."""
    run, manifest = done.run, done.manifest
    assert run.ended
    stopped = run.ended.stop_reason
    assert done.code == (3 if stopped is StopReason.TIME else 0)
    assert manifest["stop_reason"] == done.report.stop_reason == stopped
    for message in run.messages:
        by_model = message.author == "researcher"
        assert (message.usage is not None) == by_model
        if message.usage:
            assert message.usage.model == name
            assert not message.usage.estimated
            assert 0 < message.usage.output_tokens <= LONGEST
            assert message.cut_off == (message.usage.output_tokens == LONGEST)
    for state, told in manifest["states"].items():
        drafts = [message for message in run.messages if message.state == state]
        assert told["rounds"] == len(drafts)
        assert told["corrections"] == sum(m.author == "corrector" for m in drafts)
        assert told["researcher"]["tokens"] == sum(map(tokens, drafts))
        assert told["forced"] == sum(v.forced for v in run.verdicts if v.state == state)
    assert manifest["failed_calls"] == sum(not one.ok for one in run.observations)
    no_amount_is_invented(done)


def tokens(message: Message) -> int:
    used = message.usage
    return used.input_tokens + used.output_tokens if used else 0


def no_amount_is_invented(done: Done) -> None:
    """Every amount is the question's, a price of the shop, supported, marked or struck out."""
    known = {Decimal(str(kettle["price"])) for kettle in KETTLES} | {Decimal(40)}
    supported = " ".join(c.text for c in done.report.claims if c.status == "supported")
    plain = re.sub(r"~~.*?~~", "", done.markdown)
    for found in re.finditer(r"£\s?(\d+(?:\.\d+)?)(†?)", plain):
        assert Decimal(found[1]) in known or found[2] or found[0] in supported, found[0]
