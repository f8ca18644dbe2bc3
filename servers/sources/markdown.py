"""Markdown as people publish it, made plain to read: MkDocs notation, raw HTML, images and
link targets go; headings, lists, tables, code and every word of text stay."""

import re
from html import unescape
from typing import Any, cast

import yaml

from servers.language.values import Unclear

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(^ *```.*?^ *```|^ *~~~.*?^ *~~~|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r'^( *)(?:!!!|\?\?\?\+?|===\+?) ?([\w -]*?)(?: *"([^"\n]*)")? *$')
_LINK_TEXT = r"((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)"
_TARGET = r"\((?:[^()\s]|\([^()]*\))*(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
_REMOVED = re.compile(
    r"<!--.*?-->"
    r"|^ *--8<--[^\n]*$"
    r"|\{%[^\n]*?%\}|\{\{[^\n]*?\}\}"
    r"|^ *\*\[[^\]\n]+\]:[^\n]*$"  # abbreviations
    r"|^ *\[(?!\^)[^\]\n]+\]: +\S[^\n]*$"  # targets of reference links
    r"|\[\^[^\]\n]+\](?!:)"  # marks of footnotes
    r"|\{:?[ ]*(?:[.#][\w-]|(?:align|width|height|loading|target|rel|title|class|style)=)[^}\n]*\}"
    r"|<(?:style|script)\b.*?</(?:style|script)>"
    r"|</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>"
    r"|(?<![\w:]):[a-z][a-z0-9_]*(?:-[a-z0-9_]+)*:(?![\w:])",
    re.DOTALL | re.MULTILINE,
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_IMAGE = re.compile(rf"!\[{_LINK_TEXT}\](?:{_TARGET}|\[[^\]]*\])?")
_LINK = re.compile(rf"\[{_LINK_TEXT}\]{_TARGET}|(?<![\w\]])\[{_LINK_TEXT}\]\[[^\]\n]*\]")


_ICONS = {
    "yes": re.compile(r":(?:material-check[a-z-]*|octicons-check[0-9a-z-]*|white_check_mark):"),
    "no": re.compile(r":(?:material-close[a-z-]*|octicons-x[0-9a-z-]*|x|no_entry):"),
}
"""In a comparison table the icon is the answer."""


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """(front matter, the rest). Unclear if there is front matter that is no YAML table."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    try:
        loaded = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Unclear("the front matter is not YAML") from None
    if loaded is None:
        return {}, text[match.end() :]
    if not isinstance(loaded, dict):
        raise Unclear("the front matter is no table of names and values")
    return cast(dict[str, Any], loaded), text[match.end() :]


def without_front_matter(text: str) -> str:
    return _FRONT_MATTER.sub("", text, count=1)


def readable(markdown: str) -> str:
    code: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        code.append(match[0])
        return f"\ue000{len(code) - 1}\ue001"

    text = _flatten_blocks(markdown.replace("\r\n", "\n"))
    text = _plain(_CODE.sub(put_aside, re.sub(r"[\ue000\ue001]", "", text)))
    text = re.sub(r"\ue000(\d+)\ue001", lambda match: code[int(match[1])], text)
    lines = (line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _plain(text: str) -> str:
    text = _IMAGE.sub("", text)
    for _ in range(3):  # a link's text may itself hold what looks like a link
        text, replaced = _LINK.subn(lambda match: match[1] or match[2] or "", text)
        if not replaced:
            break
    for answer, icon in _ICONS.items():
        text = icon.sub(answer, text)
    text = unescape(_REMOVED.sub("", _BREAK.sub(" ", text))).replace("\u00a0", " ")
    text = re.sub(r"^ *\[\^[^\]\n]+\]: *", "", text, flags=re.MULTILINE)
    text = re.sub(r"^( *(?:[-*+]|\d+\.))[ \t]+", r"\1 ", text, flags=re.MULTILINE)
    return re.sub(r"(?<=\S)[ \t]{2,}(?=\S)", " ", text)


def _flatten_blocks(text: str) -> str:
    """Admonitions and tabs as a bold title with their content, no longer indented, below."""
    for _ in range(4):
        text, found = _flatten_once(text)
        if not found:
            break
    return text


def _flatten_once(text: str) -> tuple[str, bool]:
    lines: list[str] = []
    inside: str | None = None
    found = False
    for line in text.split("\n"):
        if inside is not None and (line.startswith(inside) or not line.strip()):
            lines.append(line[4:] if line.startswith(inside) else line)
            continue
        inside = None
        if match := _BLOCK.match(line):
            found, inside = True, match[1] + "    "
            title = match[3] if match[3] is not None else match[2].split(" ")[0].capitalize()
            lines.append(f"{match[1]}**{title}**\n" if title else "")
        else:
            lines.append(line)
    return "\n".join(lines), found


def first_heading(text: str) -> str | None:
    match = re.search(r"^# +(.+?)(?: +#+)?$", _CODE.sub("", text), re.MULTILINE)
    return match[1].strip() if match else None
