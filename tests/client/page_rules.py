"""What holds for every page that the program writes, whatever stands in it."""

import base64
import hashlib
import itertools
import re
from urllib.parse import urlsplit

from lxml import etree, html

NOTHING_REMOTE = {"img", "iframe", "object", "embed", "link", "base", "audio", "video", "source"}
NOTHING_REMOTE |= {"image", "use", "foreignobject", "animate", "set", "portal", "frame"}


def parsed(page: str) -> html.HtmlElement:
    """As a browser reads it; raises where the text is no well-formed page."""
    parser = html.HTMLParser(recover=True)
    tree = html.document_fromstring(page, parser)
    known_to_lxml = {f"Tag {tag} invalid" for tag in SINCE_HTML4}
    wrong = [e.message for e in parser.error_log if e.message not in known_to_lxml]
    assert wrong == []
    return tree


SINCE_HTML4 = (
    "main header footer section article nav figure figcaption details summary aside time output"
    " svg g line rect circle text title desc path search mark template"
).split()


def assert_sound(page: str) -> html.HtmlElement:
    tree = parsed(page)
    elements = [e for e in tree.iter() if isinstance(e.tag, str)]
    assert {str(e.tag) for e in elements} & NOTHING_REMOTE == set()
    _attributes_load_nothing(elements)
    _policy_allows_what_is_there_and_nothing_else(tree)
    _headings_follow_each_other(elements)
    _labels_lead_somewhere(elements)
    return tree


def _attributes_load_nothing(elements: list[html.HtmlElement]) -> None:
    for element in elements:
        for name, value in element.attrib.items():
            assert not name.startswith("on"), etree.tostring(element)
            assert name not in ("style", "src", "srcset", "action", "background", "ping")
            if name != "href":
                continue
            assert element.tag == "a"
            if not value.startswith("#"):
                parts = urlsplit(value)
                assert parts.scheme in ("http", "https")
                assert parts.hostname
                assert "@" not in parts.netloc
                assert {"noopener", "nofollow"} <= set(element.get("rel", "").split())


def _policy_allows_what_is_there_and_nothing_else(tree: html.HtmlElement) -> None:
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    (styles,) = tree.xpath("//style")
    scripts = tree.xpath("//script")
    allowed = re.findall(r"'(sha256-[^']+)'", policy)
    assert allowed == [_digest(e.text) for e in (styles, *scripts)]


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _headings_follow_each_other(elements: list[html.HtmlElement]) -> None:
    tags = [str(e.tag) for e in elements]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def _labels_lead_somewhere(elements: list[html.HtmlElement]) -> None:
    ids = [e.get("id") for e in elements if e.get("id")]
    assert len(ids) == len(set(ids))
    for element in elements:
        named = f"{element.get('aria-labelledby', '')} {element.get('for', '')}".split()
        href = element.get("href", "")
        named += [href[1:]] if href.startswith("#") else []
        assert set(named) <= set(ids), etree.tostring(element)
        if element.tag in ("a", "button", "summary", "h1", "h2", "h3"):
            assert element.text_content().strip() or element.get("aria-label")
        if element.tag in ("select", "input"):
            assert element.xpath("parent::label")
        if element.get("role") in ("img", "region") or element.tag == "section":
            assert named or element.get("aria-label")
