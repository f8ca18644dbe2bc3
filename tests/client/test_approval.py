import pytest

from client.approval import as_text, from_text
from client.errors import BadQuestion
from client.trajectory import Need
from tests.client.scripted import PLAN


def test_a_plan_that_nobody_changed_comes_back_as_it_was() -> None:
    assert from_text(as_text(PLAN), PLAN) == PLAN
    assert from_text(f"# a remark\n\n{as_text(PLAN)}", PLAN) == PLAN


def test_a_need_taken_out_leaves_its_steps_and_one_changed_keeps_what_was_known() -> None:
    edited = from_text("looking for: kettle\nwish: under £40\nstep: search kettles\n", PLAN)
    assert edited.needs == (PLAN.needs[0].model_copy(update={"hard": False}),)
    assert [step.needs for step in edited.steps] == [("n1",)]


def test_a_new_need_gets_a_name_of_its_own_and_a_step() -> None:
    edited = from_text(f"{as_text(PLAN)}must: keeps water warm\nwanted: 3\n", PLAN)
    assert edited.needs[-1] == Need(id="n3", text="keeps water warm", hard=True)
    assert edited.steps[-1].needs == ("n2", "n3")
    assert edited.wanted == 3


def test_without_a_step_there_is_one_for_all_needs() -> None:
    edited = from_text("looking for: teapot\nmust: blue\n", PLAN)
    assert [step.needs for step in edited.steps] == [("n3",)]


@pytest.mark.parametrize("line", ["musst: blue", "wanted: few", "wanted: 0", "must:", "hello"])
def test_a_line_that_is_no_part_of_a_plan_is_named(line: str) -> None:
    with pytest.raises(BadQuestion, match=r"line 2 .*looking for"):
        from_text(f"looking for: kettle\n{line}\n", PLAN)
