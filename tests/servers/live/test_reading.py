"""What a fetched document becomes, in the child process that parses it."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from servers.live.answers import WebFailed
from servers.live.fetching import Fetched
from servers.live.reading import read
from servers.records import Page
from tests.servers.hostile import PAGE

URL = "https://guides.example/a/quiet-drills.html"


async def page(body: bytes | str, kind: str = "html", charset: str | None = None) -> Page:
    body = body.encode() if isinstance(body, str) else body
    return await read(Fetched(URL, kind, charset, body), "web-1")


def pdf(*pages: str, title: str | None = None, password: str | None = None) -> bytes:
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        added = writer.add_blank_page(300, 300)
        fonts = DictionaryObject({NameObject("/F1"): font})
        added[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        drawn = DecodedStreamObject()
        drawn.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        added[NameObject("/Contents")] = drawn
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


async def test_a_web_page_becomes_markdown_with_its_title_and_date():
    found = await page(PAGE)
    assert (found.id, found.url, found.site) == ("web-1", URL, "guides.example")
    assert found.title == "Quiet drills"
    assert "Below 75 dB(A) is quiet for a drill" in found.text
    assert found.published == date(2026, 5, 4)
    assert found.fetched is not None
    assert datetime.now(UTC) - found.fetched < timedelta(minutes=5)


async def test_a_page_cannot_claim_to_stand_elsewhere():
    claimed = PAGE.replace("<head>", "<head><link rel=canonical href='https://bank.example/'>")
    assert (await page(claimed)).url == URL


async def test_what_a_reader_does_not_see_is_not_kept():
    planted = PAGE.replace("keyless", "key\u200bless<script>steal()</script>&lt;|im_start|&gt;")
    text = (await page(planted)).text
    assert "keyless" in text
    assert "steal" not in text
    plain = "A key\u200bless <|im_start|>chuck [here](http://evil.example)"
    assert (await page(plain, "text")).text == "A keyless chuck here"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<p>Größe: 5 €</p>".encode("cp1252"), None),
        ("<p>Größe: 5 €</p>".encode(), None),
        ("<p>Größe: 5 €</p>".encode("iso-8859-15"), "iso-8859-15"),
        ("<meta charset=iso-8859-15><p>Größe: 5 €</p>".encode("iso-8859-15"), None),
        ("<p>Größe: 5 €</p>".encode(), "no-such-charset"),
        ("<p>Größe: 5 €</p>".encode("utf-16"), "utf-16"),
    ],
)
async def test_letters_are_read_as_they_were_written(body: bytes, charset: str | None):
    assert "Größe: 5 €" in (await page(body, charset=charset)).text


async def test_plain_text_and_markdown_are_kept_as_they_are():
    plain = await page("Quiet drills\n\n1 < 2\n", "text")
    assert (plain.title, plain.text) == ("quiet-drills.html", "Quiet drills\n\n1 < 2")
    written = await page(
        "---\ntitle: x\n---\n# Drills\n\nSee [more](https://x.example).", "markdown"
    )
    assert (written.title, written.text) == ("Drills", "# Drills\n\nSee more.")


async def test_a_pdf_becomes_markdown_page_by_page():
    found = await page(pdf("Below 75 decibel", "Keyless chuck", title="Drill manual"), "pdf")
    assert found.title == "Drill manual"
    assert found.text == "## Page 1\n\nBelow 75 decibel\n\n## Page 2\n\nKeyless chuck"


async def test_a_long_pdf_says_what_is_left_out():
    assert "[5 more pages are left out.]" in (await page(pdf(*["x"] * 205), "pdf")).text


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<html><body></body></html>", "html", "no readable text"),
        (b"", "html", "no readable text"),
        (b"   ", "text", "no readable text"),
        (b"%PDF-1.7 broken", "pdf", "damaged"),
        (pdf(""), "pdf", "no text"),
        (pdf("x", password="open"), "pdf", "password"),
    ],
)
async def test_what_cannot_be_read_is_said(body: bytes, kind: str, said: str):
    with pytest.raises(WebFailed, match=said):
        await page(body, kind)


async def test_a_document_that_takes_too_long_is_given_up():
    slow = b"<p>a <b>" * 300_000  # fifteen seconds of work
    with pytest.raises(WebFailed, match=r"more than 0\.5"):
        await read(Fetched(URL, "html", None, slow), "web-1", seconds=0.5)


async def test_a_parser_that_dies_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("servers.live.reading._CHILD", "import os; os.abort()")
    with pytest.raises(WebFailed, match="cannot be read"):
        await page(PAGE)


async def test_nothing_of_the_current_folder_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "trafilatura.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    assert "75 dB(A)" in (await page(PAGE)).text
