import pytest

from tests.browser.looking import Open, overlaps, poor_contrasts, wider_than_the_window
from tests.client import hostile
from tests.client.pages.test_report import page_of
from tests.client.scripted import REPORT, Scripted
from tests.client.test_agent import research

pytestmark = pytest.mark.browser

WIDTHS = (320, 390, 768, 1280)


@pytest.fixture(scope="module")
async def pages() -> dict[str, str]:
    calls = (
        [("search_catalog", {"query": "kettle"})],
        [("summarize_reviews", {"product_id": "p1"})],
    )
    reviewed = await research(Scripted(calls=calls, reports=(REPORT,)), supervised=False)
    return {"plain": page_of(reviewed), "hostile": page_of(hostile.run())}


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_fits_every_window_and_can_be_read_in_both_themes(
    open_page: Open, pages: dict[str, str], name: str, theme: str
) -> None:
    for width in WIDTHS:
        opened = await open_page(pages[name], width=width, theme=theme)
        assert await wider_than_the_window(opened.page) == 0
        assert await overlaps(opened.page, "main > section, .card") == len(
            await opened.page.query_selector_all(".card")
        )
        assert await poor_contrasts(opened.page) == []
        assert opened.was_quiet(), (opened.messages, opened.requests)


async def test_hostile_text_runs_nothing_and_asks_for_nothing(
    open_page: Open, pages: dict[str, str]
) -> None:
    opened = await open_page(pages["hostile"])
    assert (await opened.page.title()).startswith("<script>document.title='hit'</script>")
    for summary in await opened.page.query_selector_all("summary"):
        await summary.click()
    for link in (await opened.page.query_selector_all("a.ref"))[:20]:
        await link.click()
    assert opened.was_quiet(), (opened.messages, opened.requests)


@pytest.mark.parametrize(
    "slipped_in",
    [
        "<script>document.title = 'hit'</script>",
        "<img src='https://evil.example/x.png' onerror=\"document.title = 'hit'\">",
        "<svg onload=\"document.title = 'hit'\"></svg>",
        "<style>body { background: url(https://evil.example/x.png) }</style>",
        "<iframe src='https://evil.example/'></iframe>",
        "<link rel='stylesheet' href='https://evil.example/x.css'>",
    ],
)
async def test_what_slips_into_the_page_is_stopped_by_its_policy(
    open_page: Open, pages: dict[str, str], slipped_in: str
) -> None:
    opened = await open_page(pages["plain"].replace("</main>", f"{slipped_in}</main>"))
    await opened.page.wait_for_load_state("load")
    assert await opened.page.title() != "hit"
    assert any("Content Security Policy" in message for message in opened.messages)
    assert opened.requests == []


async def test_a_reference_leads_to_its_source_by_keyboard(
    open_page: Open, pages: dict[str, str]
) -> None:
    page = (await open_page(pages["plain"])).page
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the report"
    await page.focus("a.ref")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.querySelector(':target').id") == "ref-1"


async def test_it_prints_black_on_white_and_whole(open_page: Open, pages: dict[str, str]) -> None:
    opened = await open_page(pages["plain"], width=700, theme="dark")
    await opened.page.emulate_media(media="print")
    page = opened.page
    assert (
        await page.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert await poor_contrasts(page) == []
    assert await wider_than_the_window(page) == 0
    assert len(await page.pdf(format="A4")) > 10_000


async def test_the_plot_and_the_histogram_are_drawn_within_their_frames(
    open_page: Open, pages: dict[str, str]
) -> None:
    page = (await open_page(pages["plain"], width=390)).page
    assert len(await page.query_selector_all(".plot circle.best")) == 2
    assert len(await page.query_selector_all(".owners rect.bar")) == 2
    assert await overlaps(page, ".plot circle.best") == 0
    outside = await page.evaluate(
        """() => [...document.querySelectorAll("svg")].flatMap((svg) => {
          const frame = svg.getBoundingClientRect();
          return [...svg.querySelectorAll("text, circle, rect")].filter((e) => {
            const b = e.getBoundingClientRect();
            const aside = b.left < frame.left - 1 || b.right > frame.right + 1;
            return aside || b.bottom > frame.bottom + 1;
          }).map((e) => e.outerHTML);
        })"""
    )
    assert outside == []
