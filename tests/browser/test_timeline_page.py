import pytest
from playwright.async_api import Page

from client.pages.timeline import timeline_page
from tests.browser.looking import Open, poor_contrasts, wider_than_the_window
from tests.client import hostile
from tests.client.pages.test_timeline import refused_run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def pages() -> dict[str, str]:
    return {
        "plain": timeline_page(await refused_run()),
        "hostile": timeline_page(hostile.run()),
    }


async def shown(page: Page, selector: str) -> list[str]:
    return [
        " ".join((await e.text_content() or "").split())
        for e in await page.query_selector_all(selector)
        if await e.is_visible()
    ]


async def test_authors_are_filtered_with_the_keyboard_alone(
    open_page: Open, pages: dict[str, str]
) -> None:
    opened = await open_page(pages["plain"])
    page = opened.page
    whole = {a: len(await shown(page, f"main [data-author={a}]")) for a in ("researcher", "tool")}
    assert min(whole.values()) > 0
    await page.focus("input[value=tool]")
    await page.keyboard.press("Space")
    assert await shown(page, "main [data-author=tool]") == []
    assert len(await shown(page, "main [data-author=researcher]")) == whole["researcher"]
    await page.keyboard.press("Space")
    assert len(await shown(page, "main [data-author=tool]")) == whole["tool"]
    assert opened.was_quiet(), opened.messages


async def test_one_code_leaves_the_attempts_that_it_was_found_in(
    open_page: Open, pages: dict[str, str]
) -> None:
    page = (await open_page(pages["plain"])).page
    await page.select_option("select", label="value_differs (1)")
    assert await shown(page, "main h2") == ["Report sent back"]
    assert await shown(page, "nav li") == ["Report sent back"]
    assert await shown(page, "#count") == ["1 of 8 shown"]
    await page.uncheck("input[value=supervisor]")
    assert await shown(page, ".verdict") == []
    await page.select_option("select", label="any or none")
    assert await shown(page, "#count") == ["8 of 8 shown"]


async def test_all_texts_unfold_and_fold_again(open_page: Open, pages: dict[str, str]) -> None:
    page = (await open_page(pages["plain"])).page
    folded = len(await page.query_selector_all("details"))
    await page.click("#unfold")
    assert len(await page.query_selector_all("details[open]")) == folded > 0
    assert await page.get_attribute("#unfold", "aria-pressed") == "true"
    await page.click("#unfold")
    assert await page.query_selector_all("details[open]") == []


async def test_without_scripts_all_is_shown_and_no_dead_control(
    open_page: Open, pages: dict[str, str]
) -> None:
    page = (await open_page(pages["plain"], scripts=False)).page
    assert len(await shown(page, "main h2")) == 8
    assert await shown(page, "#filters") == []
    assert len(await shown(page, "nav a")) == 8


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_fits_every_window_and_can_be_read_in_both_themes(
    open_page: Open, pages: dict[str, str], name: str, theme: str
) -> None:
    for width in (320, 390, 768, 1280):
        opened = await open_page(pages[name], width=width, theme=theme)
        await opened.page.click("#unfold")
        assert await wider_than_the_window(opened.page) == 0
        assert await poor_contrasts(opened.page) == []
        assert opened.was_quiet(), (opened.messages, opened.requests)


async def test_filters_work_on_hostile_codes(open_page: Open, pages: dict[str, str]) -> None:
    opened = await open_page(pages["hostile"])
    await opened.page.select_option("select", index=1)
    assert await shown(opened.page, "#count") == ["6 of 7 shown"]
    assert (await opened.page.title()).startswith("<script>")
    assert opened.was_quiet(), (opened.messages, opened.requests)


async def test_only_its_own_script_runs(open_page: Open, pages: dict[str, str]) -> None:
    slipped_in = "<script>document.title = 'hit'</script>"
    opened = await open_page(pages["plain"].replace("</main>", f"{slipped_in}</main>"))
    assert await opened.page.title() != "hit"
    assert any("Content Security Policy" in message for message in opened.messages)
    await opened.page.click("#unfold")
    assert await opened.page.query_selector_all("details[open]")
