"""The report's Markdown as HTML in which nothing of others comes alive.

No tag, link or image is made from the text; `[3]` becomes a link to the third reference.
"""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

from client.markup import NOT_STATED
from client.trajectory import Reference
from client.wording import harmless

_NUMBER = re.compile(r"\[(\d{1,4})\]")
_RULES = (
    "table fence blockquote list heading hr newline escape backticks emphasis strikethrough entity"
).split()


class ReportMarkdown:
    def __init__(self, references: Sequence[Reference]) -> None:
        self._env = {"references": references}

    def block(self, markdown: str) -> Markup:
        return Markup(_PARSER.render(harmless(markdown), self._env))

    def line(self, markdown: str) -> Markup:
        return Markup(_PARSER.renderInline(harmless(markdown), self._env))


def _reference(state: StateInline, silent: bool) -> bool:
    """A rule of the parser's: an escaped bracket, as in a title, never gets here."""
    found = _NUMBER.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("reference", "", 0).content = found[1]
    state.pos = found.end()
    return True


# How the parts look: called with the renderer, all tokens, and which of them it is about.
_Tokens = Sequence[Token]
_Env = MutableMapping[str, Any]


def _shown_reference(
    renderer: RendererProtocol, tokens: _Tokens, at: int, options: OptionsDict, env: _Env
) -> str:
    references: Sequence[Reference] = env["references"]
    n = int(tokens[at].content)
    if not 1 <= n <= len(references):
        return f"[{n}]"
    title = escape(harmless(references[n - 1].title)[:200])
    return f'<a class="ref" href="#ref-{n}" title="{title}">{n}</a>'


def _heading(
    renderer: RendererProtocol, tokens: _Tokens, at: int, options: OptionsDict, env: _Env
) -> str:
    """Always the level below the section's own, so that levels follow each other."""
    return "<h3>" if tokens[at].nesting == 1 else "</h3>\n"


def _table(
    renderer: RendererProtocol, tokens: _Tokens, at: int, options: OptionsDict, env: _Env
) -> str:
    """Wide tables scroll, by keyboard as well."""
    if tokens[at].nesting == 1:
        return '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>\n'
    return "</table></div>\n"


def _cell(
    renderer: RendererProtocol, tokens: _Tokens, at: int, options: OptionsDict, env: _Env
) -> str:
    """The parser would state a column's alignment as a style, which the page's policy refuses."""
    opens = tokens[at].nesting == 1
    first = tokens[at - 1 if opens else at - 3].type == "tr_open"
    if tokens[at].tag == "th":
        return '<th scope="col">' if opens else "</th>\n"
    if first:
        return '<th scope="row">' if opens else "</th>\n"
    if not opens:
        return "</td>\n"
    return '<td class="none">' if tokens[at + 1].content == NOT_STATED else "<td>"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero").enable(_RULES)
    parser.inline.ruler.before("escape", "reference", _reference)
    parser.add_render_rule("reference", _shown_reference)
    for name, look in (("heading", _heading), ("table", _table), ("th", _cell), ("td", _cell)):
        parser.add_render_rule(f"{name}_open", look)
        parser.add_render_rule(f"{name}_close", look)
    return parser


_PARSER = _parser()
