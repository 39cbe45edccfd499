"""Markdown to safe HTML: an article's body, its contents list and the sources it cites.

Two locks: markdown-it never passes raw HTML through, and nh3 keeps only what the allow-list below names.
Every id in the result is made here. Footnote ids contain a colon, which no heading's id can.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import nh3
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from treatments.panels import fill_places, panel_problems, prepare_panels, with_panels

ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "id", "rel", "aria-label"},
    "button": {"class", "type", "popovertarget"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "figcaption": set(),
    "figure": {"class"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "ol": {"start"},
    "span": {"class", "id", "popover"},
    "sup": {"class"},
    "th": {"scope"},
}
ALLOWED_TAGS = {
    *ALLOWED_ATTRIBUTES,
    *("p", "br", "hr", "ul", "li", "strong", "em", "code", "pre", "blockquote"),
    *("table", "thead", "tbody", "tr", "td"),
}
ALLOWED_SCHEMES = {"http", "https", "mailto", "tel"}
LONGEST_BODY = 60_000  # characters; a long article has about 10,000
# A footnote mark is the key of a source: [^bell-2017]. The bound keeps each try short in hostile text.
MARK = re.compile(r"\[\^([A-Za-z0-9_-]{1,80})\]")
# Ids that the page around the article already uses.
TAKEN_IDS = ("content", "contents", "sources", "related")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of the contents list."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a body becomes. `citations` counts the marks of each source key, in order of first citation."""

    html: str
    contents: tuple[Heading, ...]
    citations: dict[str, int]


def render(body: str) -> Rendered:
    """Render any text, hostile text included, and never raise.

    The n-th mark of source number s is `#fnref:s:n`, and links to `#fn:s`, which the page must show. Whether
    the cited sources exist is for the caller to check.

    >>> rendered = render("## Relief\\n\\nIt fades.[^bell-2017] Often.[^bell-2017]")
    >>> rendered.contents, rendered.citations
    ((Heading(id='relief', title='Relief'),), {'bell-2017': 2})
    """
    env: dict[str, Any] = {}
    tokens = MARKDOWN.parse(body, env)
    headings = list(prepare_headings(tokens))
    prepare_tables(tokens)
    prepare_panels(tokens)
    html = nh3.clean(
        MARKDOWN.renderer.render(tokens, MARKDOWN.options, env),
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel=None,  # external_link sets it, on external links only
    )
    return Rendered(
        html=fill_places(html, env),
        contents=tuple(heading for level, heading in headings if level == "h2"),
        citations=env.get("citations", {}),
    )


def text_blocks(body: str, *, tables: bool) -> tuple[str, ...]:
    """The words a reader reads, a string for each paragraph or list item (and table cell, where `tables`).

    >>> text_blocks("## Not this\\n\\nOnly [this](https://nih.gov/).[^bell-2017]", tables=True)
    ('Only this.',)
    """
    blocks: list[str] = []
    within: list[str] = []
    for token in MARKDOWN.parse(body, {}):
        if token.nesting == 1:
            within.append(token.type)
        elif token.nesting == -1:
            within.pop()
        elif (
            token.type == "inline" and "heading_open" not in within and (tables or "table_open" not in within)
        ):
            blocks.append(plain_text(token))
    return tuple(block for block in blocks if block)


def first_panel_problem(body: str) -> tuple[int, str] | None:
    """The line, from 1, and what is wrong with the first panel or term that is not right.

    >>> first_panel_problem("It fades.\\n\\n:::drawing dragon\\nA dragon.\\n:::")
    (3, 'no such drawing. There are: before-during-after, nmda-block, visit-day.')
    """
    return min(panel_problems(MARKDOWN.parse(body, {})), default=None)


def plain_text(inline: Token) -> str:
    """The text of a heading or a paragraph, without footnote marks and addresses.

    An autolink such as <https://nih.gov/> shows its address as text: that is left out as well.
    """
    words: list[str] = []
    in_autolink = False
    for child in inline.children or []:
        if child.type in ("link_open", "link_close"):
            in_autolink = child.nesting == 1 and child.info == "auto"
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type in ("text", "code_inline") and not in_autolink:
            words.append(child.content)
    return " ".join("".join(words).split())


def prepare_headings(tokens: Sequence[Token]) -> Iterator[tuple[str, Heading]]:
    """Give each heading an id of its own. The page has its one h1 already, so `#` counts as `##`."""
    used = Counter(TAKEN_IDS)
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            token.tag = tokens[position + 2].tag = f"h{min(max(int(token.tag[1]), 2), 4)}"
            title = plain_text(tokens[position + 1])
            heading = Heading(id=unique_id(title, used), title=title)
            token.attrs = {"id": heading.id}
            yield token.tag, heading


def unique_id(title: str, used: Counter[str]) -> str:
    """An id made of the title, with a number where that id is taken.

    >>> used = Counter(["content"])
    >>> [unique_id(title, used) for title in ("Side effects", "Side effects", "Content", "¿?")]
    ['side-effects', 'side-effects-2', 'content-2', 'section']
    """
    base = candidate = slugify(title)[:60] or "section"
    while candidate in used:
        used[base] += 1
        candidate = f"{base}-{used[base]}"
    used[candidate] += 1
    return candidate


def prepare_tables(tokens: Sequence[Token]) -> None:
    """Number the tables, and say of each column heading that it is one."""
    tables = (token for token in tokens if token.type == "table_open")
    for number, table in enumerate(tables, start=1):
        table.meta["number"] = number
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            # markdown-it writes alignment as an inline style, which the Content-Security-Policy forbids.
            token.attrs = {"scope": "col"} if token.type == "th_open" else {}


def citation(state: StateInline, silent: bool) -> bool:
    """The inline rule for a footnote mark: sources are numbered in order of first citation."""
    match = MARK.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        citations: dict[str, int] = state.env.setdefault("citations", {})
        key = match[1]
        citations[key] = citations.get(key, 0) + 1
        token = state.push("citation", "", 0)
        token.meta = {"number": list(citations).index(key) + 1, "mark": citations[key]}
    state.pos = match.end()
    if MARK.match(state.src, state.pos + 1) and state.src[state.pos] == " ":
        state.pos += 1  # marks that stand together stay together at the end of a line
    return True


# Renderers: markdown-it calls them with itself first, then these.


def citation_mark(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    number, mark = tokens[position].meta["number"], tokens[position].meta["mark"]
    link = f'<a href="#fn:{number}" id="fnref:{number}:{mark}" aria-label="Source [{number}]">[{number}]</a>'
    return f'<sup class="footnote-ref">{link}</sup>'


def external_link(renderer: Any, tokens: Sequence[Token], position: int, options: Any, env: Any) -> str:
    token = tokens[position]
    if str(token.attrGet("href")).startswith(("http:", "https:", "//")):
        token.attrSet("rel", "noopener")
    return str(renderer.renderToken(tokens, position, options, env))


def table_start(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    """A wide table scrolls in a box of its own, which the keyboard can reach."""
    number = tokens[position].meta["number"]
    return f'<div class="table-scroll" role="region" aria-label="Table {number}" tabindex="0"><table>\n'


def table_end(_: object, tokens: Sequence[Token], position: int, options: object, env: object) -> str:
    return "</table></div>\n"


def make_markdown() -> MarkdownIt:
    """CommonMark with tables and footnote marks; no raw HTML, no images."""
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
    markdown.disable(["image", "html_block", "html_inline"])
    markdown.inline.ruler.before("link", "citation", citation)
    markdown.add_render_rule("citation", citation_mark)
    markdown.add_render_rule("link_open", external_link)
    markdown.add_render_rule("table_open", table_start)
    markdown.add_render_rule("table_close", table_end)
    return with_panels(markdown)


MARKDOWN = make_markdown()
