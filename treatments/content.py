"""The articles that ship with the site, read from their folder: Markdown below TOML front matter.

What is wrong with a file is refused with its name, the line where that can be told, and the reason.
"""

import datetime
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from treatments.evidence import Evidence, ReadDepth
from treatments.markdown import LONGEST_BODY, MARK, first_panel_problem, render, text_blocks

CONTENT_FOLDER = Path(__file__).parent / "content"

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DOI = re.compile(r"10\.\d{4,9}/\S+")
MAY_BE_EMPTY = {"doi", "url", "reviewed_by"}
TYPE_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    list[str]: "a list of texts in quotes",
    datetime.date: "a date such as 2026-11-22",
}


class ContentRefused(ValueError):
    """A content file cannot be used. `line` counts from 1; it is None where no line can be named."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A table of sources.toml."""

    key: str
    citation: str
    doi: str
    url: str
    what: str
    read: str


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    """A table of conditions.toml."""

    slug: str
    name: str
    also_known_as: list[str]


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """One article: front matter and body. An empty `reviewed_by`: no clinician has reviewed it yet."""

    title: str
    slug: str
    summary: str
    order: int
    conditions: list[str]
    evidence: str
    published_on: datetime.date
    last_reviewed_on: datetime.date
    next_review_due: datetime.date
    reviewed_by: str
    body: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything in the folder, checked part against part. Articles are in their order on the site."""

    sources: tuple[SourceEntry, ...]
    conditions: tuple[ConditionEntry, ...]
    articles: tuple[ArticleFile, ...]


def read_content(folder: Path = CONTENT_FOLDER) -> Content:
    """Read sources.toml, conditions.toml and each article, or raise ContentRefused."""
    sources = read_sources(folder / "sources.toml")
    conditions = read_conditions(folder / "conditions.toml")
    source_keys = {source.key for source in sources}
    condition_slugs = {condition.slug for condition in conditions}
    articles = [
        read_article(path, source_keys=source_keys, condition_slugs=condition_slugs)
        for path in sorted(folder.glob("*.md"))
    ]
    return Content(
        sources, conditions, tuple(sorted(articles, key=lambda article: (article.order, article.slug)))
    )


def ships_with_the_site(slug: str) -> bool:
    """Whether the next load would bring this article back."""
    return (CONTENT_FOLDER / f"{slug}.md").exists()


def read_sources(path: Path) -> tuple[SourceEntry, ...]:
    toml = TomlFile(path, read_text(path))
    entries = []
    for key, values in toml.tables(wanted_keys(SourceEntry, besides="key")):
        entry = SourceEntry(key=key, **values)
        if not entry.doi and not entry.url:
            raise toml.refusal(f"{key} has neither a doi nor a url: give at least one.", key)
        if entry.doi and not DOI.fullmatch(entry.doi):
            raise toml.refusal(f'doi {entry.doi!r} must look like "10.1016/j.pain.2009.06.023".', key, "doi")
        if entry.url and not entry.url.startswith(("https://", "http://")):
            raise toml.refusal(f"url {entry.url!r} must begin with https://", key, "url")
        if entry.read not in ReadDepth.values:
            raise toml.refusal(
                f"read {entry.read!r} is not one of: {', '.join(ReadDepth.values)}.", key, "read"
            )
        entries.append(entry)
    return tuple(entries)


def read_conditions(path: Path) -> tuple[ConditionEntry, ...]:
    toml = TomlFile(path, read_text(path))
    tables = toml.tables(wanted_keys(ConditionEntry, besides="slug"))
    return tuple(ConditionEntry(slug=slug, **values) for slug, values in tables)


def read_article(path: Path, *, source_keys: set[str], condition_slugs: set[str]) -> ArticleFile:
    """One article. The keys and slugs are those that it may name."""
    front, body, body_line = split_front_matter(path)
    toml = TomlFile(path, front)
    article = ArticleFile(**toml.checked(toml.values, wanted_keys(ArticleFile, besides="body")), body=body)
    if article.slug != path.stem or not SLUG.fullmatch(article.slug):
        raise toml.refusal(
            f"slug {article.slug!r} must be the file's name, in lower case: {path.stem!r}.", "slug"
        )
    if article.evidence not in Evidence.values:
        raise toml.refusal(
            f"evidence {article.evidence!r} is not one of: {', '.join(Evidence.values)}.", "evidence"
        )
    if article.order < 0:
        raise toml.refusal("order must be 0 or more.", "order")
    for slug in article.conditions:
        if slug not in condition_slugs:
            raise toml.refusal(f"condition {slug!r} is not in conditions.toml.", "conditions")
    if article.next_review_due <= article.last_reviewed_on:
        raise toml.refusal("next_review_due must be later than last_reviewed_on.", "next_review_due")
    if problem := citation_problem(body, known=source_keys):
        raise ContentRefused(path, body_line + problem.line - 1, problem.reason)
    return article


@dataclass(frozen=True, slots=True)
class CitationProblem:
    """What is wrong with a body's footnote marks. `line` counts from 1."""

    line: int
    reason: str


def citation_problem(body: str, *, known: Iterable[str]) -> CitationProblem | None:
    """The first footnote mark that names no known source or that is no mark at all, or the first broken panel.

    >>> citation_problem("It fades.\\n\\nSoon.[^bell]", known={"bell-2017"})
    CitationProblem(line=3, reason='no source has the key "bell", which is cited as [^bell].')
    >>> citation_problem("It fades.[^ bell-2017]", known={"bell-2017"})
    CitationProblem(line=1, reason='a footnote mark is broken: write it as [^key].')
    """
    known = set(known)
    for key in render(body).citations:
        if key not in known:
            mark = f"[^{key}]"
            return CitationProblem(
                line_of(body, mark), f'no source has the key "{key}", which is cited as {mark}.'
            )
    if any("[^" in MARK.sub("", block) for block in text_blocks(body, tables=True)):
        line = line_of(MARK.sub("", body), "[^")
        return CitationProblem(line, "a footnote mark is broken: write it as [^key].")
    if broken := first_panel_problem(body):
        return CitationProblem(*broken)
    return None


def line_of(text: str, part: str) -> int:
    return text.count("\n", 0, max(text.find(part), 0)) + 1


def read_text(path: Path) -> str:
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise ContentRefused(path, None, "the file is missing.") from None
    except UnicodeDecodeError as error:
        raise ContentRefused(path, None, f"the file is not UTF-8 text: {error}.") from None
    if "\0" in text:
        raise ContentRefused(path, line_of(text, "\0"), "a NUL character.")
    return text.replace("\r\n", "\n")


def split_front_matter(path: Path) -> tuple[str, str, int]:
    """The front matter, the body, and the line of the file that the body begins on.

    The front matter has an empty first line in place of its `+++`, so that its lines count as the file's do.
    """
    opening, _, rest = read_text(path).partition("\n")
    if opening.rstrip() != "+++":
        raise ContentRefused(path, 1, "the file must begin with a line +++ and its front matter.")
    front, closing, body = rest.partition("\n+++\n")
    if not closing:
        raise ContentRefused(path, None, "the front matter has no end: close it with a line +++.")
    lines_before = front.count("\n") + 3
    first_line = lines_before + 1 + len(body) - len(body.lstrip("\n"))
    if not body.strip():
        raise ContentRefused(path, None, "the article has no text below its front matter.")
    if len(body.strip()) > LONGEST_BODY:
        line = first_line + body.strip().count("\n", 0, LONGEST_BODY)
        raise ContentRefused(
            path, line, f"the text has {len(body.strip()):,} characters, at most {LONGEST_BODY:,}."
        )
    return f"\n{front}\n", body.strip(), first_line


class TomlFile:
    """Parsed TOML that knows on which line a key stands."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            raise ContentRefused(path, int(line[1]) if line else None, f"not valid TOML: {error}.") from None

    def tables(self, keys: Mapping[str, type]) -> Iterable[tuple[str, dict[str, Any]]]:
        """Each top-level table with its name, its keys checked."""
        for name, values in self.values.items():
            if not isinstance(values, dict):
                raise self.refusal(f"{name} stands outside a table [name].", name)
            if not SLUG.fullmatch(name):
                raise self.refusal(f"{name!r} must be lower-case letters, digits and hyphens.", name)
            yield name, self.checked(values, keys, name)

    def checked(self, values: dict[str, Any], keys: Mapping[str, type], *within: str) -> dict[str, Any]:
        """The values, if they are exactly these keys, each of its type and none empty that must not be."""
        for key in values:
            if key not in keys:
                raise self.refusal(f"unknown key {key!r}. Known: {', '.join(keys)}.", *within, key)
        for key, wanted in keys.items():
            if key not in values:
                raise self.refusal(f"{key} is missing.", *within)
            if not is_a(values[key], wanted):
                raise self.refusal(f"{key} must be {TYPE_NAMES[wanted]}.", *within, key)
            if wanted is str and not values[key].strip() and key not in MAY_BE_EMPTY:
                raise self.refusal(f"{key} is empty.", *within, key)
        return values

    def refusal(self, reason: str, *key: str) -> ContentRefused:
        """The error for a key, or for a key within a table, or for the whole file."""
        line, remaining = None, list(key)
        for number, written in enumerate(self.text.split("\n"), start=1):
            if remaining and re.match(rf"""\s*\[?\s*["']?{re.escape(remaining[0])}["']?\s*[=\]]""", written):
                line = number
                remaining.pop(0)
        return ContentRefused(self.path, line, reason)


def wanted_keys(entry: type, *, besides: str) -> dict[str, type]:
    """The keys that a file gives for an entry, with their types: all fields but the one known otherwise."""
    return {name: wanted for name, wanted in get_type_hints(entry).items() if name != besides}


def is_a(value: object, wanted: type) -> bool:
    """Whether a TOML value is of exactly this type: a yes/no is no number, a point in time is no date.

    >>> is_a(True, int), is_a(datetime.datetime(2026, 1, 1), datetime.date), is_a(["a", 1], list[str])
    (False, False, False)
    """
    if wanted == list[str]:
        return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    return type(value) is wanted
