from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from client import cli, runs
from client.errors import BadRun
from client.pages.changes import changes
from client.pages.timeline import timeline_page
from client.trajectory import Trajectory
from tests.client import hostile
from tests.client.page_rules import assert_sound, parsed
from tests.client.scripted import CALLS, PLAN, REPORT, Scripted
from tests.client.test_agent import TASK, research


async def refused_run() -> Trajectory:
    """Plan, calls and report are each sent back once."""
    first = [
        ("search_catalog", {"query": "kettle", "price_max": 40}),
        ("get_product", {"ids": ["p9"]}),
    ]
    wrong = [("search_catalog", {"text": "kettle"})]
    script = Scripted(
        plans=(PLAN.model_copy(update={"steps": PLAN.steps[:1]}), PLAN),
        calls=(first, wrong, *CALLS[1:]),
        reports=(REPORT.replace("[p2.price]", "£35.10", 1), REPORT),
    )
    return await research(script)


def text_of(page: str, xpath: str) -> list[str]:
    return [" ".join(e.text_content().split()) for e in parsed(page).xpath(xpath)]


async def test_each_attempt_is_shown_with_its_outcome() -> None:
    page = timeline_page(await refused_run())
    assert_sound(page)
    assert text_of(page, "//nav//li") == text_of(page, "//h2")
    assert text_of(page, "//h2") == [
        "Plan sent back",
        "Plan, attempt 2 accepted",
        "Research · step 1 sent back in part",
        "Research · step 2 sent back",
        "Research · step 2, attempt 2 accepted",
        "Research · step 3 accepted",
        "Report sent back",
        "Report, attempt 2 accepted",
    ]


async def test_a_call_is_shown_with_input_verdict_output_and_what_it_took() -> None:
    page = timeline_page(await refused_run())
    accepted, refused, *_ = text_of(page, "//section[@id='m3']/section[@class='call']")
    assert accepted.startswith('search_catalog {"query": "kettle", "price_max": 40} supervisor')
    assert "accepted" in accepted
    assert " s ≈ " in accepted
    assert '3 hits, 1 near miss{ "total": 3' in accepted
    assert "sent back" in refused
    assert "unseen_alias refused, by code, on c2 get_product:" in refused


async def test_what_changed_after_a_refusal_is_shown_word_by_word() -> None:
    page = timeline_page(await refused_run())
    assert text_of(page, "//section[@id='m1']//ins") == [
        "step: what owners say of noise [search_reviews, n2]"
    ]
    assert text_of(page, "//section[@id='m7']//del") == ["£35.10"]
    assert text_of(page, "//section[@id='m7']//ins") == ["[p2.price]"]
    assert text_of(page, "//section[@id='m8']//pre[@class='diff']") == []


async def test_codes_and_authors_can_be_filtered_by() -> None:
    page = timeline_page(await refused_run())
    tree = parsed(page)
    assert tree.xpath("//input[@name='author']/@value") == ["researcher", "supervisor", "tool"]
    options = text_of(page, "//option")
    assert "need_without_step (1)" in options
    assert "value_differs (1)" in options
    number = options.index("value_differs (1)") - 1
    assert tree.xpath(f"//section[@data-codes='{number}']/@id") == ["m7"]


def test_hostile_text_in_every_field_stays_text() -> None:
    page = timeline_page(hostile.run())
    tree = assert_sound(page)
    assert len(tree.xpath("//script")) == 1
    assert tree.xpath("//a[not(starts-with(@href, '#'))]") == []
    assert "<script>document.title='hit'</script>" in tree.text_content()


def test_a_run_that_has_only_begun_is_a_page_too() -> None:
    page = timeline_page(Trajectory(events=(TASK,)))
    assert_sound(page)
    assert text_of(page, "//dl/div")[-1] == "Endednot yet"


@given(st.text("ab \n.", max_size=40), st.text("ab \n.", max_size=40))
def test_the_changes_hold_both_texts(before: str, after: str) -> None:
    pieces = changes(before, after)
    assert (pieces == ()) is (before == after)
    if not any(piece.kind == "skipped" for piece in pieces) and pieces:
        assert "".join(p.text for p in pieces if p.kind != "new") == before
        assert "".join(p.text for p in pieces if p.kind != "gone") == after


def test_lines_far_from_a_change_are_skipped() -> None:
    before = "".join(f"line {n}\n" for n in range(20))
    assert [
        (p.kind, p.text) for p in changes(before, before.replace("line 9\n", "line nine\n"))
    ] == [
        ("skipped", "8"),
        ("same", "line 8\n"),
        ("same", "line "),
        ("gone", "9"),
        ("new", "nine"),
        ("same", "\n"),
        ("same", "line 10\n"),
        ("skipped", "9"),
    ]


def test_texts_too_long_to_compare_are_shown_whole() -> None:
    before, after = "a b " * 5_000, "b a " * 5_000
    assert [(p.kind, p.text) for p in changes(before, after)] == [("gone", before), ("new", after)]


async def test_view_writes_the_page_beside_the_run_and_prints_where(tmp_path: Path) -> None:
    with runs.create(tmp_path / "run") as folder:
        kept = folder.begin(TASK)
        for event in (await refused_run()).events[1:]:
            kept = kept.with_(event)
            folder.append(kept, event)
    done = CliRunner().invoke(cli.app, ["view", str(tmp_path / "run")])
    assert done.stdout == f"{tmp_path / 'run' / 'view.html'}\n"
    assert (tmp_path / "run" / "view.html").read_text(encoding="utf-8") == timeline_page(kept)
    other = CliRunner().invoke(
        cli.app, ["view", str(tmp_path / "run"), "--out", str(tmp_path / "a.html")]
    )
    assert other.stdout == f"{tmp_path / 'a.html'}\n"


@pytest.mark.parametrize("arguments", [["nowhere"], ["run", "--out", "no/such/folder/a.html"]])
def test_what_cannot_be_shown_is_one_error(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with runs.create(tmp_path / "run") as folder:
        folder.begin(TASK)
    done = CliRunner().invoke(cli.app, ["view", *arguments])
    assert isinstance(done.exception, BadRun)
