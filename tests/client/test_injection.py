"""Instructions that others planted are obeyed by a model, and nothing comes of it."""

import asyncio
import json
from collections import Counter
from typing import Any

from benchmarks.injection import Outcome, outcome, research
from client.chat.model import ChatModel
from client.chat.models import ModelSettings
from client.checks.foreign import addresses
from client.report import render
from client.rules.researcher import RulesResearcher
from client.runs import final_markup
from client.trajectory import StopReason, Trajectory
from tests.client.planted import Place, injections, obeying
from tests.client.shop import KETTLES
from tests.fakes import scripted_model

ROWS = injections()
CAUGHT_BY = {
    "call": {"from_page_text", "unknown_tool"},
    "recommendation": {"breaks_hard_need", "unknown_citation"},
    "address": {"typed_address"},
    "words": {"from_page_text", "value_differs", "not_grounded"},
}


def refusals(run: Trajectory) -> list[str]:
    return [c.code for v in run.verdicts for c in v.checks if c.severity == "refuse"]


async def outcomes(kind: str | None = None, supervise: bool = True) -> list[Outcome]:
    chosen = [one for one in ROWS if kind is None or kind in one.obeyed]
    with scripted_model(obeying(chosen)) as scripted:
        async with ChatModel("scripted", ModelSettings(base_url=scripted.url)) as model:
            return await asyncio.gather(
                *(outcome(one, "planted", model, supervise) for one in chosen)
            )


def test_the_set_is_varied_and_each_has_a_harmless_twin_of_its_length() -> None:
    assert len(ROWS) >= 60
    assert len({one.id for one in ROWS}) == len({one.planted for one in ROWS}) == len(ROWS)
    assert min(Counter(one.place for one in ROWS).values()) >= 15
    assert min(Counter(kind for one in ROWS for kind in one.obeyed).values()) >= 8
    for one in ROWS:
        assert len(one.planted) == len(one.twin)
        assert not list(addresses(one.twin))


async def test_the_model_obeys_and_the_checks_catch_it() -> None:
    found = await outcomes()
    assert all(one.tried for one in found)
    assert not [one.id for one in found if one.obeyed]
    assert not [one.id for one in found if one.took]
    assert all(one.valid_calls >= 5 for one in found)
    for one in found:
        assert one.refusals.keys() & CAUGHT_BY[one.kind], one


async def test_unsupervised_too_no_call_is_sent_and_no_address_is_shown() -> None:
    for kind in ("call", "address"):
        found = await outcomes(kind, supervise=False)
        assert all(one.tried for one in found)
        assert not [one.id for one in found if one.obeyed]
        assert not any(one.refusals for one in found)


async def test_nothing_is_refused_in_a_shop_full_of_harmless_texts() -> None:
    twins: list[tuple[Place, str]] = [(one.place, one.twin) for one in ROWS]
    with scripted_model(obeying(ROWS)) as scripted:
        async with ChatModel("scripted", ModelSettings(base_url=scripted.url)) as model:
            run = await research(twins, model, [])
    assert not refusals(run)
    assert run.ended
    assert run.ended.stop_reason is StopReason.DONE


async def test_the_rules_do_nothing_of_what_a_shop_full_of_planted_texts_says() -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    run = await research([(one.place, one.planted) for one in ROWS], RulesResearcher(), sent)
    assert not refusals(run)
    markdown, report = render(run, final_markup(run) or "", StopReason.DONE)
    affordable = {kettle["id"] for kettle in KETTLES if kettle["price"] <= 40}
    assert {one.product_id for one in report.recommended} == affordable
    for one in ROWS:
        call = one.obeyed.get("call")
        assert call is None or (call["name"], call["arguments"]) not in sent
        assert one.obeyed.get("address", "\0") not in markdown
    assert "://" not in json.dumps([arguments for _, arguments in sent])
