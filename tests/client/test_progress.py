import io
from collections.abc import Sequence

from rich.console import Console

from client.board import Board, ticked
from client.progress import Progress
from client.trajectory import (
    Ended,
    Event,
    Message,
    Observation,
    Plan,
    State,
    Step,
    StopReason,
    Trajectory,
    Verdict,
)
from tests.client import hostile
from tests.client.scripted import CALLS, PLAN, REPORT, Scripted
from tests.client.test_agent import TASK, research


def lines_of(board: Board) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as captured:
        console.print(board.at(seconds=75.0, since=3.0, said=0))
    blank, *lines = captured.get().splitlines()
    assert blank == ""
    return lines


def cut(run: Trajectory, length: int) -> Trajectory:
    return Trajectory(events=run.events[:length])


def until(run: Trajectory, kind: type[Event], nth: int = 1) -> Trajectory:
    """The run up to its nth event of that kind."""
    at = [n for n, event in enumerate(run.events, 1) if isinstance(event, kind)]
    return cut(run, at[nth - 1])


async def test_the_board_says_what_is_under_way_at_each_event() -> None:
    run = await research(Scripted())
    doing = [lines_of(Board(cut(run, length), 40))[-3:-2] for length in range(1, 9)]
    assert [" ".join(line)[2:].removeprefix("3 s  ").split("  ")[0] for line in doing] == [
        "Planning",
        "Checking the plan",
        "Deciding what to look up",
        "Checking the calls",
        'search_catalog query="kettle" price_max=40',
        "Deciding what to look up",
        "Checking the calls",
        "Checking the calls",
    ]


async def test_calls_that_run_at_once_are_all_shown_until_they_are_answered() -> None:
    run = await research(Scripted())
    both = until(run, Verdict, 4)
    running = [line for line in lines_of(Board(both, 40)) if " 3 s  " in line]
    assert [line.split()[3] for line in running] == ["search_reviews", "get_product"]
    one = until(run, Observation, 2)
    assert ["get_product" in line for line in lines_of(Board(one, 40)) if " 3 s  " in line] == [
        True
    ]


async def test_a_step_is_ticked_when_its_tool_has_answered() -> None:
    run = await research(Scripted())
    boards = [lines_of(Board(until(run, Observation, n), 40))[:2] for n in (1, 2)]
    assert boards == [
        ["✓ search kettles", "· what owners say of noise"],
        ["✓ search kettles", "✓ what owners say of noise"],
    ]


async def test_each_step_of_one_tool_needs_its_own_answer_and_writing_needs_none() -> None:
    run = await research(Scripted())
    steps = [("search_catalog", "a"), ("search_catalog", "b"), ("nowhere", "c"), (None, "d")]
    plan = Plan(
        looking_for="x", needs=(), steps=tuple(Step(text=text, tool=tool) for tool, text in steps)
    )
    assert ticked(until(run, Observation, 3), plan) == [True, False, False, False]
    assert ticked(run, plan) == [True, False, False, True]


async def test_the_figures_say_what_was_seen_judged_and_spent() -> None:
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    run = await research(Scripted(reports=(wrong, REPORT)))
    assert lines_of(Board(run, 40))[-2:] == [
        "seen: 4 products, 2 reviews  ·  judged: 6 accepted, 1 sent back",
        "3/40 calls  ·  1:15",
    ]
    models = lines_of(Board(hostile.run(), 40))[-1]
    assert "225 tokens  ·  cost 0.15" in models


async def test_what_a_model_writes_is_counted_as_it_comes() -> None:
    run = await research(Scripted())
    console = Console(file=io.StringIO(), width=100)
    progress = Progress(40, console=console)
    progress(cut(run, 13), run.events[12])
    shown: list[str] = []
    for kind, piece in (("thought", "Hm. "), ("text", "x" * 1230), ("again", ""), ("text", "abc")):
        progress.hear(kind, piece)
        with console.capture() as captured:
            console.print(progress.view())
        shown.append(captured.get().splitlines()[3].split("  ")[0][2:])
    assert shown == [
        "Writing the report, 4 characters so far",
        "Writing the report, 1,234 characters so far",
        "Writing the report",
        "Writing the report, 3 characters so far",
    ]


def test_long_plans_are_cut_and_nothing_a_terminal_obeys_gets_through() -> None:
    steps = tuple(Step(text=f"step {n} \x1b[31m\u202e") for n in range(20))
    plan = Plan(looking_for="x", needs=(), steps=steps)
    message = Message(
        id="m1", author="researcher", state=State.PLANNING, step=0, attempt=1, plan=plan
    )
    shown = lines_of(Board(Trajectory(events=(TASK, message)), 40))
    assert shown[7:9] == ["· step 7 [31m", "  and 12 more, 0 done"]
    for length in range(1, len(hostile.run().events)):
        text = "".join(lines_of(Board(cut(hostile.run(), length), 40)))
        assert not {"\x1b", "\x00", "\u202e", "\u2066"} & set(text)


def told(events: Sequence[Event], console: Console) -> Progress:
    progress = Progress(40, console=console)
    with progress:
        for length in range(1, len(events) + 1):
            progress(Trajectory(events=tuple(events[:length])), events[length - 1])
    return progress


async def test_a_terminal_shows_lines_above_and_the_board_below() -> None:
    run = await research(Scripted(plans=(PLAN.model_copy(update={"steps": PLAN.steps[:1]}), PLAN)))
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, highlight=False, _environ={}
    )
    with console.capture() as captured:
        told(run.events, console)
    shown = captured.get()
    assert "sent back: need_without_step" in shown
    assert shown.index("Ended: done; 3 tool calls") < shown.rindex("✓ what owners say of noise")
    assert "seen: 4 products, 2 reviews" in shown[shown.index("Ended: done") :]


async def test_without_a_terminal_there_are_lines_and_no_board() -> None:
    run = await research(Scripted(calls=CALLS))
    file = io.StringIO()
    told(run.events, Console(file=file, width=100, highlight=False, _environ={}))
    told_lines = file.getvalue().splitlines()
    assert told_lines[:3] == ["Plan: kettle", "  must: under £40", "  wish: quiet"]
    assert told_lines[-1] == "Ended: done; 3 tool calls"
    assert "✓" not in file.getvalue()


async def test_the_board_is_away_while_a_person_is_asked() -> None:
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, highlight=False, _environ={}
    )
    with console.capture() as captured:
        progress = Progress(40, console=console)
        with progress:
            progress(Trajectory(events=(TASK,)), TASK)
            with progress.paused():
                console.print("Go on?")
            ended = Ended(stop_reason=StopReason.DONE)
            progress(Trajectory(events=(TASK, ended)), ended)
    before, after = captured.get().split("Go on?")
    assert before.endswith("\x1b[2K")  # erased
    assert "Ended: done" in after
