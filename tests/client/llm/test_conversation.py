import json
from typing import Any

from client.chat.model import UNREADABLE, Chat
from client.llm.conversation import conversation
from client.llm.observed import as_read
from client.trajectory import (
    Check,
    Message,
    Plan,
    State,
    StopReason,
    TaskGiven,
    ToolCall,
    Trajectory,
    Verdict,
)
from tests.client.chats import Wild, assert_in_order, text_of
from tests.client.scripted import CALLS, PLAN, REPORT
from tests.client.test_agent import research

WRONG = REPORT.replace("[p2.price]", "£35.10", 1)
LOUD = PLAN.model_copy(update={"looking_for": "loud kettle"})


def chat_of(run: Trajectory, closing: str = "") -> Chat:
    chat = conversation(run, "search_catalog", as_read(run.observations), closing)
    assert_in_order(chat)
    return chat


def roles(chat: Chat) -> list[str]:
    return [turn["role"] for turn in chat]


async def test_of_refused_attempts_only_the_newest_is_shown_with_its_critique_once() -> None:
    worse = WRONG.replace("£35.10", "£36.20")
    wild = Wild((None, None, PLAN), CALLS, (WRONG, worse, REPORT))
    run = await research(wild)
    assert run.ended
    third_plan = chat_of(wild.saw[2])
    assert [turn["content"] for turn in third_plan if turn["role"] == "assistant"] == ["no plan 2"]
    assert third_plan[-1]["content"].startswith("A reviewer sent this back:\n- There is no JSON")
    last = text_of(chat_of(wild.saw[-1], "Write."))
    assert "no plan" not in last
    assert "£35.10" not in last
    assert last.count("A reviewer sent this back:") == 1
    message = next(c.message for c in run.verdicts[-2].checks if "36.20" in c.message)
    assert last.count(json.dumps(message, ensure_ascii=False)[1:-1]) == 1


async def test_a_report_sent_back_for_a_gap_is_seen_while_the_gap_is_closed() -> None:
    page = [("read_page", {"id": "shop:guide"})]
    wild = Wild((PLAN,), (page, (), CALLS[0], ()), ("Buy it.", REPORT))
    run = await research(wild)
    gap = next(v for v in run.verdicts if v.state is State.WRITING)
    assert any(check.code == "nothing_found_yet" for check in gap.checks)
    closing = [chat_of(seen) for seen in wild.saw if seen.verdicts and seen.verdicts[-1] is gap]
    assert "The catalog was not searched" in closing[0][-1]["content"]
    again = text_of(chat_of(wild.saw[-1], "Write."))
    assert again.count("I have enough.") == 1
    assert "Buy it." not in again


async def test_calls_of_one_turn_are_answered_in_their_order_refused_or_not() -> None:
    turn = [
        ("search_catalog", {"query": "kettle"}),
        ("search_catalog", {UNREADABLE: '{"query": '}),
        ("get_product", {"ids": ["p9"]}),
        ("search_catalog", {"query": "kettle"}),
    ]
    wild = Wild((PLAN,), (turn, ()), (REPORT,))
    await research(wild)
    chat = chat_of(wild.saw[2])
    assert roles(chat)[-5:] == ["assistant", "tool", "tool", "tool", "tool"]
    found, unreadable, unseen, twice = (turn["content"] for turn in chat[-4:])
    assert found.startswith('<data from="search_catalog">')
    assert 'the arguments `{"query": ` are no JSON object' in unreadable
    assert "no result has p9. Name products as the results do; there are none yet." in unseen
    assert "The same call as c1 of this turn." in twice


async def test_without_a_supervisor_a_failed_call_says_what_to_mend() -> None:
    wild = Wild((None,), ([("search_katalog", {}), ("search_catalog", {"query": "broken"})],), ())
    await research(wild, supervised=False)
    chat = chat_of(wild.saw[2])
    unknown, broken = (turn["content"] for turn in chat[-2:])
    assert unknown.startswith("The call failed: There is no tool 'search_katalog'. Did you mean")
    assert broken.startswith("The call failed: the index is closed; try again later")
    assert "reviewer sent" not in text_of(chat)


def message(number: int, state: State, **more: Any) -> Message:
    return Message(
        **{"id": f"m{number}", "author": "researcher", "step": 0, "attempt": 1} | more, state=state
    )


def verdict(message_id: str, state: State, *refused: str) -> Verdict:
    checks = tuple(Check(code="x", severity="refuse", message=text) for text in refused)
    decision = "revise" if refused else "accept"
    return Verdict(
        message_id=message_id, state=state, step=0, attempt=1, decision=decision, checks=checks
    )


def run_of(*events: Any) -> Trajectory:
    return Trajectory(events=(TaskGiven(question="a kettle"), *events))


def test_what_a_person_or_a_corrector_wrote_is_the_researchers_own_turn() -> None:
    call = ToolCall(id="c1", name="search_catalog", arguments={"query": "kettle"})
    run = run_of(
        message(1, State.PLANNING, plan=PLAN, text="My plan."),
        verdict("m1", State.PLANNING),
        message(2, State.PLANNING, plan=LOUD, author="user", supersedes="m1"),
        verdict("m2", State.PLANNING),
        message(3, State.ACTING, tool_calls=(call,), step=1, author="corrector"),
        message(4, State.WRITING, text=REPORT, author="corrector", because=StopReason.DONE),
        verdict("m4", State.WRITING, "Too long."),
    )
    chat = chat_of(run)
    plan, called, report = (turn for turn in chat if turn["role"] == "assistant")
    assert Plan.model_validate_json(plan["content"]) == LOUD
    assert called["tool_calls"][0]["function"]["name"] == "search_catalog"
    assert report["content"] == REPORT
    assert "My plan." not in text_of(chat)


def test_an_answer_that_was_cut_off_is_told_to_be_shorter() -> None:
    for cut_off in (True, False):
        run = run_of(
            message(1, State.PLANNING, text='{"looking_for": "ket', cut_off=cut_off),
            verdict("m1", State.PLANNING, "There is no plan."),
        )
        said = chat_of(run)[-1]["content"]
        assert said.startswith("A reviewer sent this back:\n- It is no complete JSON object.")
        assert ("cut off at the length limit" in said) is cut_off


def test_a_draft_without_end_and_faults_without_number_are_shown_in_part() -> None:
    run = run_of(
        message(1, State.PLANNING, plan=PLAN),
        verdict("m1", State.PLANNING),
        message(2, State.WRITING, text="Buy it. " * 100_000, because=StopReason.DONE),
        verdict("m2", State.WRITING, *(f"Fault {n}." for n in range(100))),
    )
    report, critique = chat_of(run)[-2:]
    assert 10_000 < len(report["content"]) < 20_000
    assert report["content"].endswith(" […]")
    assert critique["content"].endswith("- Fault 19.\n- and 80 faults more of these kinds")
