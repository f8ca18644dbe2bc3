import json
from collections.abc import AsyncIterator

import pytest
from anyio import to_thread

from servers.live.doctor import live_web
from servers.setup.health import FAIL, OK, WARN, Check
from tests.servers.hostile import Site, dripping, http, serving


@pytest.fixture
async def service() -> AsyncIterator[Site]:
    found = Site()
    async with serving(found):
        yield found


async def checked(environment: dict[str, str], seconds: float = 30.0) -> Check:
    (found,) = await to_thread.run_sync(lambda: list(live_web(environment, seconds)))
    return found


async def test_without_a_search_service_it_says_how_to_have_one():
    found = await checked({})
    assert found.state == OK
    assert "PRODUCTRESEARCH_SEARXNG_URL" in (found.to_do or "")


async def test_a_searxng_that_answers_is_ok(service: Site):
    pages = [{"url": "https://a.example/", "title": "A"}]
    service.replies["/search"] = http(json.dumps({"results": pages}), kind="application/json")
    found = await checked({"PRODUCTRESEARCH_SEARXNG_URL": service.url})
    assert (found.state, found.said) == (OK, f"SearXNG at {service.url} gave 1 results")
    service.replies["/search"] = http('{"results": []}', kind="application/json")
    assert (await checked({"PRODUCTRESEARCH_SEARXNG_URL": service.url})).state == WARN


async def test_a_searxng_that_does_not_is_a_failure_with_its_reason(service: Site):
    service.replies["/search"] = http("<html>", 403)
    found = await checked({"PRODUCTRESEARCH_SEARXNG_URL": service.url})
    assert found.state == FAIL
    assert "must list json" in found.said
    service.replies["/search"] = dripping()
    slow = await checked({"PRODUCTRESEARCH_SEARXNG_URL": service.url}, 0.3)
    assert "within 0.3" in slow.said


@pytest.mark.parametrize("name", ["BRAVE_API_KEY", "TAVILY_API_KEY"])
async def test_a_key_is_not_used_up_nor_shown(name: str):
    found = await checked({name: "key-0123456789"})
    assert found.state == OK
    assert "a key is set" in found.said
    assert "key-0123456789" not in str(found)


async def test_a_service_that_is_named_but_not_set_up_is_a_failure():
    found = await checked({"PRODUCTRESEARCH_WEB_PROVIDER": "brave"})
    assert found.state == FAIL
    assert "BRAVE_API_KEY" in found.said
