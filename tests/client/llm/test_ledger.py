from dataclasses import replace
from typing import Any

from client.llm.ledger import Detail, ledger_text
from client.trajectory import (
    Check,
    Evidence,
    Message,
    Observation,
    State,
    TaskGiven,
    Trajectory,
    Verdict,
)
from tests.client.scripted import PLAN


def found(step: int, near: tuple[str, ...] = (), aliases: tuple[str, ...] = ()) -> Observation:
    """A search with these products among its hits or its near misses."""
    violates = [{"text": "price 50, over by 10"}]
    result = {
        "products": [{"id": alias} for alias in aliases],
        "near_misses": [{"product": {"id": alias}, "violates": violates} for alias in near],
    }
    noise = [{"name": "colour", "value": "red"}, {"name": "noise level", "value": "55 dB"}]
    evidence = tuple(
        Evidence(
            alias=alias,
            kind="product",
            id=f"shop:{alias}",
            fields={"title": f"Kettle {alias[1:]}", "attributes": noise},
        )
        for alias in (*aliases, *near)
    )
    return Observation(
        call_id=f"c{step}",
        name="search_catalog",
        arguments={},
        ok=True,
        result=result,
        evidence=evidence,
        step=step,
    )


def message(id: str, state: State, **more: Any) -> Message:
    return Message(id=id, author="researcher", state=state, step=9, attempt=1, **more)


def run_of(*events: Any) -> Trajectory:
    plan = message("m1", State.PLANNING, plan=PLAN)
    return Trajectory(events=(TaskGiven(question="a kettle"), plan, *events))


def lines(run: Trajectory, **detail: Any) -> dict[str, str]:
    text = ledger_text(run, replace(Detail(prose=50, attributes=0), **detail), ())
    return dict(line.split(" ", 1) for line in text.splitlines()[2:-1])


def test_a_near_miss_that_a_later_search_returns_as_a_hit_is_none_any_more() -> None:
    once = run_of(found(1, near=("p1", "p2")))
    assert lines(once)["p1"] == "Kettle 1 | near miss: price 50, over by 10"
    assert lines(once, beside=False) == {"only": "named here: p1 p2"}
    again = once.with_(found(2, aliases=("p1",)))
    assert lines(again)["p1"] == "Kettle 1"
    assert lines(again, beside=False) == {"p1": "Kettle 1", "only": "named here: p2"}


def test_few_lines_go_to_what_the_report_cites_and_its_critique_names() -> None:
    run = run_of(
        found(1, aliases=("p1", "p2", "p3", "p4")),
        message("m2", State.WRITING, text="Buy [p3]."),
    )
    assert list(lines(run, lines=1)) == ["p3", "only"]
    named = Check(code="x", severity="refuse", message="p4 also meets every need.")
    refused = Verdict(
        message_id="m2", state=State.WRITING, step=9, attempt=1, decision="revise", checks=(named,)
    )
    assert list(lines(run.with_(refused), lines=2)) == ["p3", "p4", "only"]


def test_attributes_that_the_needs_speak_of_come_first() -> None:
    assert lines(run_of(found(1, aliases=("p1",))), attributes=1) == {
        "p1": "Kettle 1 | noise level: 55 dB"
    }
