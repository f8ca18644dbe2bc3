import re

import pytest

from client import runs
from client.pages.markdown import ReportMarkdown
from client.pages.page import link_of
from client.pages.plots import price_against_rating, reviews_of
from client.pages.report import report_page
from client.report import render
from client.trajectory import Ended, Evidence, Reference, StopReason, Trajectory
from tests.client import hostile
from tests.client.page_rules import assert_sound, parsed
from tests.client.scripted import REPORT, Scripted
from tests.client.test_agent import research


def page_of(run: Trajectory) -> str:
    markup = runs.final_markup(run) or ""
    reason = run.ended.stop_reason if run.ended else StopReason.DONE
    return report_page(run, markup, *render(run, markup, reason))


def text_of(page: str, xpath: str) -> list[str]:
    return [" ".join(e.text_content().split()) for e in parsed(page).xpath(xpath)]


async def test_a_report_is_a_sound_page_with_cards_table_quotes_and_sources() -> None:
    page = page_of(await research(Scripted()))
    tree = assert_sound(page)
    assert text_of(page, "//h1") == ["Which quiet kettle under £40?"]
    assert text_of(page, "//h2") == [
        "Needs",
        "Recommendation",
        "Comparison",
        "Price against rating",
        "Nearest",
        "What was checked",
        "References",
    ]
    assert text_of(page, "//ul[@class='needs']/li") == [
        "must under £40 met",
        "wish quiet partly met",
    ]
    first, second = text_of(page, "//li[contains(@class, 'card')]")
    assert "Brook Kettle 2" in first
    assert "£39.50 4.1 of 5 by 12 owners" in first
    assert "View at shop.example" in first
    assert "Aqua Kettle 1" in second
    assert text_of(page, "//div[@class='prose']//tbody/tr/th") == ["under £40", "quiet"]
    assert tree.xpath("//a[@class='buy']/@href") == [
        "https://shop.example/kettle-2",
        "https://shop.example/kettle-1",
    ]
    sources = text_of(page, "//ol[@class='sources']/li")
    assert sources[1].startswith("2 5-star review, 2026-04-01: Calm on Brook Kettle 2")
    assert "Quiet enough to talk over." in sources[1]


async def test_what_does_not_hold_is_counted_and_named() -> None:
    wrong = REPORT.replace("[p2.price]", "[p2.attributes.wattage]", 1)
    run = await research(Scripted(reports=(wrong,)), supervised=False)
    page = page_of(run)
    assert "1 not found" in text_of(page, "//ul[@class='tally']/li")
    assert text_of(page, "//h3[text()='Not found']/following-sibling::ul[1]/li") == [
        "costs not stated: owners call it quiet, “Quiet enough to talk over.”"
    ]


async def test_a_claim_that_the_evidence_contradicts_is_struck_out_where_it_stands() -> None:
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    run = await research(Scripted(reports=(wrong,)), supervised=False)
    page = page_of(run)
    assert_sound(page)
    assert text_of(page, "//s") == ["£35.10"]
    assert "1 contradicted" in text_of(page, "//ul[@class='tally']/li")
    markdown, _ = render(run, wrong, StopReason.DONE)
    counted = markdown.rstrip().splitlines()[-1]
    assert "1 contradicted (struck out)" in counted
    assert counted in text_of(page, "//section[@aria-labelledby='checked']/p")


async def test_a_run_that_was_stopped_and_what_stayed_open_are_said() -> None:
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    run = await research(Scripted(reports=(wrong,)))
    page = page_of(Trajectory(events=(*run.events[:-1], Ended(stop_reason=StopReason.TIME))))
    assert "budget: time" in text_of(page, "//*[@class='notice']")[0]
    assert any("value_differs" in t for t in text_of(page, "//ul[@class='claims']/li"))


def test_hostile_text_in_every_field_stays_text() -> None:
    page = page_of(hostile.run())
    tree = assert_sound(page)
    assert tree.xpath("//a[contains(@href, 'evil.example')]") == []
    assert tree.xpath("//script") == []
    shown = tree.text_content()
    assert "<script>document.title='hit'</script>" in shown
    assert re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069\u200f]", page) is None
    assert len(tree.xpath("//li[contains(@class, 'card')]")) == 5


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.example/p/1?a=b&c=d", "shop.example"),
        ("http://shop.example:8080/", "shop.example:8080"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        (hostile.ADDRESSES[5], "xn--pple-43d.example"),
    ],
)
def test_a_link_names_its_host_as_a_browser_would(url: str, host: str) -> None:
    link = link_of(url)
    assert link
    assert (link.url, link.host) == (url, host)


@pytest.mark.parametrize(
    "url",
    [a for a in hostile.ADDRESSES if 'shop.example/"' not in a and "pple" not in a] + [None, 7, ""],
)
def test_what_is_no_plain_web_address_is_no_link(url: object) -> None:
    assert link_of(url) is None


def test_a_bracketed_number_is_a_reference_only_where_the_report_put_it() -> None:
    markdown = ReportMarkdown([Reference(n=1, id="a", kind="product", title='T"')])
    assert markdown.line("x [1] \\[1\\] [2]") == (
        'x <a class="ref" href="#ref-1" title="T&#34;">1</a> [1] [2]'
    )


def product(n: int, price: object = 10.0, rating: object = 4.0, **more: object) -> Evidence:
    fields = {"title": f"P{n}", "price": price, "rating": rating, "currency": "EUR", **more}
    return Evidence(alias=f"p{n}", kind="product", id=f"id{n}", fields=fields)


def test_the_plot_shows_products_that_state_price_and_rating_in_one_currency() -> None:
    products = [
        product(1, 10.0, 4.5),
        product(2, 30.0, 3.0),
        product(3, 20.0, 5),
        product(4, None),
        product(5, 20.0, "good"),
        product(6, 20.0, 4.0, currency="GBP"),
    ]
    plot = price_against_rating(products, {"id1": 1, "id2": 2})
    assert plot
    assert [(p.label, p.title) for p in plot.ranked] == [("1", "P1"), ("2", "P2"), ("", "P3")]
    by_title = {p.title: p for p in plot.points}
    assert by_title["P1"].x < by_title["P3"].x < by_title["P2"].x
    assert by_title["P3"].y < by_title["P1"].y < by_title["P2"].y
    assert [tick.label for tick in plot.ratings] == ["2", "3", "4", "5"]
    assert price_against_rating(products, {"id1": 1}) is None


def test_labels_of_products_alike_do_not_hide_each_other() -> None:
    plot = price_against_rating([product(n) for n in range(1, 6)], {f"id{n}": n for n in range(6)})
    assert plot
    places = [(p.label_x, p.label_y) for p in plot.points]
    assert len(set(places)) == 5


def test_a_histogram_needs_counts() -> None:
    summary = {"count": 4, "mean": 4.25, "histogram": {"5": 3, "2": 1}}
    reviews = reviews_of(product(1, review_summary=summary))
    assert reviews
    assert [(bar.stars, bar.count, bar.share) for bar in reviews.bars] == [
        (5, 3, 100.0),
        (4, 0, 0.0),
        (3, 0, 0.0),
        (2, 1, 33.3),
        (1, 0, 0.0),
    ]
    assert reviews_of(product(1, review_summary={"histogram": {"5": "many"}})) is None
    assert reviews_of(product(1)) is None
