from collections.abc import AsyncIterator

import pytest

from servers.live.answers import WebFailed
from servers.live.fetching import Fetcher
from tests.servers.hostile import PAGE, Site, bomb, http, moved, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    found = Site(replies={"/open": http(PAGE), "/closed": http(PAGE)})
    async with serving(found):
        yield found


def robots(text: str, status: int = 200) -> bytes:
    return http(text, status=status, kind="text/plain")


async def refusal(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(WebFailed) as refused:
        await fetcher.fetch(url)
    return str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "User-agent: *\nDisallow: /closed",
        "User-agent: productresearch\nDisallow: /closed\n\nUser-agent: *\nAllow: /",
        "User-agent: *\nDisallow: /*sed$",
        "user-agent:*\r\ndisallow:/\r\nallow:/open\r\n",
    ],
)
async def test_what_the_owner_closes_is_not_read(site: Site, text: str):
    site.replies["/robots.txt"] = robots(text)
    fetcher = Fetcher(allowed=[site.place])
    assert "robots.txt" in await refusal(fetcher, f"{site.url}/closed")
    assert (await fetcher.fetch(f"{site.url}/open")).kind == "html"
    assert site.asked == ["/robots.txt", "/open"]  # asked for once, kept for the second page


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_site_without_rules_is_open(site: Site, status: int):
    site.replies["/robots.txt"] = robots("User-agent: *\nDisallow: /", status)
    assert await Fetcher(allowed=[site.place]).fetch(f"{site.url}/open")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_site_whose_rules_cannot_be_had_is_left_for_now(site: Site, status: int):
    site.replies["/robots.txt"] = robots("", status)
    fetcher = Fetcher(allowed=[site.place])
    assert f"HTTP {status}" in await refusal(fetcher, f"{site.url}/open")
    site.replies["/robots.txt"] = robots("")
    assert await fetcher.fetch(f"{site.url}/open")


async def test_a_redirect_into_what_is_closed_is_not_followed(site: Site):
    site.replies["/robots.txt"] = robots("User-agent: *\nDisallow: /closed")
    site.replies["/open"] = moved("/closed")
    assert "robots.txt" in await refusal(Fetcher(allowed=[site.place]), f"{site.url}/open")
    assert "/closed" not in site.asked


async def test_robots_txt_itself_passes_the_gate(site: Site):
    inner = Site(replies={"/robots.txt": robots("")})
    async with serving(inner):
        site.replies["/robots.txt"] = moved(f"{inner.url}/robots.txt")
        said = await refusal(Fetcher(allowed=[site.place]), f"{site.url}/open")
    assert "not on the public web" in said
    assert inner.asked == []


@pytest.mark.parametrize(
    "reply", [bomb(5_000_000), http("<html>no rules</html>"), robots("\0" * 9)]
)
async def test_strange_rules_close_nothing(site: Site, reply: bytes):
    site.replies["/robots.txt"] = reply
    assert await Fetcher(allowed=[site.place]).fetch(f"{site.url}/open")


async def test_a_pause_between_pages_is_kept_and_said(site: Site):
    site.replies["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 30")
    site.replies["/moved"] = moved("/open")
    fetcher = Fetcher(allowed=[site.place])
    assert await fetcher.fetch(f"{site.url}/moved")  # a redirect within the site is no second page
    assert "asks for 30 seconds between two pages" in await refusal(fetcher, f"{site.url}/closed")
    assert site.asked == ["/robots.txt", "/moved", "/open"]
