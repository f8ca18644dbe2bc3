"""A page opened in a browser, and what is measured on it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page


@dataclass
class Opened:
    """A page and all that it said or asked for beyond its own file."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Sent or tried; what the page's policy refuses is a message instead."""

    def was_quiet(self) -> bool:
        return self.messages == [] and self.requests == []


Open = Callable[..., Awaitable[Opened]]


_WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

_CONTRASTS = """() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility() || element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parts(style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.tagName} ${element.className}`);
  }
  return [...new Set(poor)];
}"""

_OVERLAPS = """(selector) => {
  const boxes = [...document.querySelectorAll(selector)].map((e) => e.getBoundingClientRect());
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1 &&
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1)).length;
}"""


async def wider_than_the_window(page: Page) -> int:
    """In pixels: what would have to be scrolled to sideways."""
    return await page.evaluate(_WIDTH)


async def poor_contrasts(page: Page) -> Any:
    """Texts below WCAG AA's 4.5 against what stands behind them."""
    return await page.evaluate(_CONTRASTS)


async def overlaps(page: Page, selector: str) -> int:
    return await page.evaluate(_OVERLAPS, selector)
