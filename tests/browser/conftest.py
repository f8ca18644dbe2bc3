"""A real Chromium, headless and offline, and what a page did in it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Request, async_playwright

from tests.browser.looking import Open, Opened

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    " --disable-background-networking --disable-component-update"
).split()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", help="the folder that the README's pictures are written to")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def open_page(browser: Browser, tmp_path: Path) -> AsyncIterator[Open]:
    """`await open_page(html, width=1280, theme="light", scripts=True, scale=1)`."""
    contexts: list[BrowserContext] = []

    async def opened(
        html: str, width: int = 1280, theme: str = "light", scripts: bool = True, scale: float = 1
    ) -> Opened:
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        context = await browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=scripts,
            device_scale_factor=scale,
            offline=True,
        )
        contexts.append(context)
        found = Opened(await context.new_page())
        page = found.page
        page.on("console", lambda message: found.messages.append(message.text))
        page.on("pageerror", lambda error: found.messages.append(str(error)))
        page.on("dialog", lambda dialog: found.messages.append(dialog.message))
        page.on("requestfinished", lambda request: _noted(found, request, file.as_uri()))
        page.on("requestfailed", lambda request: _noted(found, request, file.as_uri()))
        await page.goto(file.as_uri())
        return found

    yield opened
    for context in contexts:
        await context.close()


def _noted(found: Opened, request: Request, own: str) -> None:
    if request.url.split("#")[0] != own and request.failure != "csp":
        found.requests.append(f"{request.url} {request.failure}")
