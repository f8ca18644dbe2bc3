"""A folder of Markdown and HTML files as pages.

A page's id is the folder's name and the file's path in it. An address or a date is taken only
from where the file states it (front matter, canonical link, meta tags).
"""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from servers.index import BadSource
from servers.language.values import Unclear, parse_date
from servers.records import Page, stable_id
from servers.sources.files import MAX_LINE
from servers.sources.markdown import (
    first_heading,
    readable,
    split_front_matter,
    without_front_matter,
)
from servers.sources.rejects import OnReject, Reject, excerpt

MARKDOWN = frozenset({".md", ".markdown"})
HTML = frozenset({".html", ".htm", ".xhtml"})
SUFFIXES = MARKDOWN | HTML
_DATES = ("published", "date", "publish_date", "published_at")
_META_DATES = (
    "article:published_time", "datepublished", "date", "dc.date", "dcterms.date", "pubdate",
)  # fmt: skip


def page_files(folder: Path) -> list[Path]:
    """Markdown and HTML files below `folder`, sorted; hidden folders are passed over."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def read_pages(root: Path, on_reject: OnReject) -> Iterator[Page]:
    """The pages of a folder, or the one page of a file."""
    folder = root if root.is_dir() else root.parent
    for path in page_files(root) if root.is_dir() else [root]:
        try:
            yield _read_page(path, folder, on_reject)
        except BadSource as error:
            on_reject(Reject(str(path), None, None, str(error)))


def _read_page(path: Path, folder: Path, on_reject: OnReject) -> Page:
    text = _load(path)
    is_html = path.suffix.lower() in HTML
    stated = stated_in_html(text) if is_html else _from_markdown(text, path, on_reject)
    if not stated["text"]:
        raise BadSource("there is no readable text in it")
    site = folder.resolve().name or "pages"
    url = _address(stated.get("url"))
    name = f"{site}/{path.relative_to(folder).as_posix()}".replace(" ", "%20")
    try:
        return Page(
            id=name if len(name) <= 200 else stable_id([name]),
            title=stated["title"] or path.stem.replace("-", " ").replace("_", " "),
            text=stated["text"],
            url=url,
            site=urlsplit(url).hostname if url else site,
            published=_published(stated.get("published"), path, on_reject),
        )
    except ValidationError as error:
        raise BadSource(error.errors(include_url=False)[0]["msg"]) from None


def _load(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_LINE:
            raise BadSource(f"longer than {MAX_LINE} bytes, too long for one page")
        raw = path.read_bytes()
    except OSError as error:
        raise BadSource(f"cannot be read ({error.strerror})") from None
    if b"\0" in raw[:8192]:
        raise BadSource("the file is binary, not text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadSource(f"line {line} is not UTF-8; save the file as UTF-8") from None


def _address(raw: Any) -> str | None:
    """An address that does not fit a web address is as good as none."""
    parts = urlsplit(raw) if isinstance(raw, str) else None
    return raw if parts and parts.scheme in ("http", "https") and parts.netloc else None


def _published(raw: Any, path: Path, on_reject: OnReject) -> date | None:
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day)  # YAML's own; may be a datetime
    try:
        return parse_date(raw if isinstance(raw, str) else None)
    except Unclear as error:
        line = Reject(str(path), None, "published", error.reason, "unclear", excerpt(raw))
        on_reject(line)
        return None


def _from_markdown(text: str, path: Path, on_reject: OnReject) -> dict[str, Any]:
    try:
        front, body = split_front_matter(text)
    except Unclear as error:
        on_reject(Reject(str(path), 1, "front matter", error.reason, "unclear", excerpt(text)))
        front, body = {}, without_front_matter(text)
    clean = readable(body)
    title = front.get("title") or front.get("meta_title") or first_heading(clean)
    return {
        "title": readable(str(title)) if title else None,
        "text": clean,
        "url": front.get("url") or front.get("canonical_url") or front.get("canonical"),
        "published": next((front[key] for key in _DATES if front.get(key)), None),
    }


def stated_in_html(html: str) -> dict[str, Any]:
    """title, text (Markdown), url and published as the page states them, each None or "" where
    it does not. Raises BadSource where there is nothing to read."""
    import trafilatura  # half a second to load, and Markdown needs none of it
    from lxml import etree
    from lxml import html as lxml_html

    try:
        tree: Any = lxml_html.fromstring(html.encode("utf-8"), parser=_utf8_parser())
    except (etree.ParserError, ValueError):
        raise BadSource("there is no readable text in it") from None
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        if name and meta.get("content"):
            metas.setdefault(name.lower(), meta.get("content").strip())
    titles = (
        metas.get("og:title"),
        *(element.text_content().strip() for element in tree.iter("title", "h1")),
    )
    links = (link.get("href") for link in tree.iter("link") if link.get("rel") == "canonical")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # a page without text is our reject
    text: str | None = trafilatura.extract(
        html, output_format="markdown", include_links=False, include_images=False,
        include_comments=False, include_formatting=True, favor_recall=True,
    )  # fmt: skip
    if not text:  # too short for it to find a main part
        for element in list(tree.iter("script", "style", "nav")):
            element.drop_tree()
        text = " ".join(str(tree.text_content()).split())
    return {
        "title": next((title for title in titles if title), None),
        "text": text,
        "url": next(links, None) or metas.get("og:url"),
        "published": next((metas[name] for name in _META_DATES if name in metas), None),
    }


def _utf8_parser() -> Any:
    from lxml import html as lxml_html

    return lxml_html.HTMLParser(encoding="utf-8")
