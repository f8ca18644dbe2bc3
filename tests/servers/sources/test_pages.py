from datetime import date
from pathlib import Path

import pytest

from servers.records import AnyRecord, Page
from servers.sources.markdown import readable
from servers.sources.reading import read_all
from servers.sources.rejects import Reject

GUIDE = """---
title: "Choosing a :material-router: router"
date: 2025-03-02
url: https://guides.example/router
---
# Routers

A **router** needs [updates](https://x.example/a_(b) "why")[^1]. ![logo](logo.png){ align=right }
Visit [the `list`](list.md).<br>New line.

<div class="admonition warning" markdown>
<p class="admonition-title">Old firmware</p>

Do not buy it. :warning:
</div>

!!! note "Ask first"

    Ask the *maker*.

[Homepage](https://r.example){ .md-button .md-button--primary }

| Model | WPA3 |
|---|---|
| A | :material-check:{ .pg-green } |
| B | :material-close: |

```sh
curl "![keep](this)" <tag> :material-x:
```

--8<-- "includes/abbr.md"
*[WPA]: Wi-Fi Protected Access
[^1]: Every month.
"""

READABLE = """# Routers

A **router** needs updates.
Visit the `list`. New line.

Old firmware

Do not buy it.

**Ask first**

Ask the *maker*.

Homepage

| Model | WPA3 |
|---|---|
| A | yes |
| B | no |

```sh
curl "![keep](this)" <tag> :material-x:
```

Every month."""


def pages_of(folder: Path, rejects: list[Reject] | None = None) -> list[AnyRecord]:
    return list(read_all([folder], on_reject=(rejects if rejects is not None else []).append))


def test_a_markdown_page_reads_well_and_keeps_every_word(tmp_path: Path) -> None:
    path = tmp_path / "guides" / "home" / "my router.md"
    path.parent.mkdir(parents=True)
    path.write_text(GUIDE, "utf-8")
    assert pages_of(tmp_path / "guides") == [
        Page(
            id="guides/home/my%20router.md", title="Choosing a router", text=READABLE,
            url="https://guides.example/router", site="guides.example",
            published=date(2025, 3, 2),
        )
    ]  # fmt: skip


def test_a_page_without_front_matter_takes_its_heading_or_its_files_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Intro\n\n# Kettles #\n\nText")
    (tmp_path / "wide-toaster.md").write_text("Just text, 5 < 6 and a > b.")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text("# No")
    pages = pages_of(tmp_path)
    assert [(page.title, page.url, page.site) for page in pages if isinstance(page, Page)] == [
        ("Kettles", None, tmp_path.name), ("wide toaster", None, tmp_path.name)
    ]  # fmt: skip
    assert [page.text for page in pages if isinstance(page, Page)][1].startswith("Just text, 5 < 6")


HTML = """<!doctype html><html><head><title>Kettle guide</title>
<link rel="canonical" href="https://g.example/kettles">
<meta property="article:published_time" content="2024-05-06T10:00:00Z"></head><body>
<nav><a href="/">Home</a></nav><article><h1>Kettles</h1>
<p>A kettle of 1.7 litres suits a family, and one with a filter keeps lime out of the cup.</p>
<p>Look for an automatic switch-off and a cordless base when you choose one for the kitchen.</p>
</article><script>alert(1)</script></body></html>"""


def test_an_html_page_gives_its_text_and_only_what_it_states(tmp_path: Path) -> None:
    (tmp_path / "kettles.html").write_text(HTML, "utf-8")
    (tmp_path / "bare.htm").write_text("<p>Short but readable.</p>")
    bare, kettles = pages_of(tmp_path)
    assert isinstance(kettles, Page)
    assert isinstance(bare, Page)
    assert (kettles.title, kettles.url, kettles.site, kettles.published) == (
        "Kettle guide", "https://g.example/kettles", "g.example", date(2024, 5, 6)
    )  # fmt: skip
    assert "1.7 litres" in kettles.text
    assert "alert" not in kettles.text
    assert (bare.title, bare.url, bare.published) == ("bare", None, None)
    assert "Short but readable." in bare.text


def test_pages_that_cannot_be_read_are_rejected_and_odd_dates_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"# A\n\nfine\n\xff\xfe")
    (tmp_path / "b.md").write_bytes(b"\0\1\2")
    (tmp_path / "c.md").write_text("---\ntitle: C\ndate: 02/03/2025\n---\ntext")
    (tmp_path / "d.md").write_text("---\ntitle: [\n---\n# D\n\ntext")
    (tmp_path / "e.md").write_text("")
    rejects: list[Reject] = []
    pages = pages_of(tmp_path, rejects)
    assert [(page.title, page.text) for page in pages if isinstance(page, Page)] == [
        ("C", "text"), ("D", "# D\n\ntext"),
    ]  # fmt: skip
    assert [(Path(r.file).name, r.field, r.severity) for r in rejects] == [
        ("a.md", None, "rejected"), ("b.md", None, "rejected"), ("c.md", "published", "unclear"),
        ("d.md", "front matter", "unclear"), ("e.md", None, "rejected"),
    ]  # fmt: skip
    assert "line 4 is not UTF-8" in rejects[0].reason


@pytest.mark.parametrize(
    "text",
    ["at 10:30:45 sharp", "a {set} of {1, 2}", "x < y > z", "`<b>` and `[a](b)`", "a_b_c :)",
     "- [ ] open point", "array[0][1]", "https://a.example/b?c=d&e=f"],
)  # fmt: skip
def test_text_that_only_looks_like_notation_stays(text: str) -> None:
    assert readable(text) == text
