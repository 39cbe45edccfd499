"""What changed between two versions of an article, line by line."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from treatments.models import Article, ArticleVersion


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed: its lines, each with "+" for new, "-" for gone, " " for a neighbour that stayed."""

    field: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A version and what it changed in the one before; nothing to compare for the first."""

    version: ArticleVersion
    changes: tuple[Change, ...]
    is_latest: bool


def steps_of(versions: Sequence[ArticleVersion]) -> Iterator[Step]:
    """The versions as they come, newest first."""
    for place, version in enumerate(versions):
        older = versions[place + 1].wording if place + 1 < len(versions) else None
        changes = tuple(changes_between(older, version.wording)) if older is not None else ()
        yield Step(version, changes, is_latest=place == 0)


def changes_between(older: Mapping[str, Any], newer: Mapping[str, Any]) -> Iterator[Change]:
    """Each field that differs.

    >>> [(change.field, change.lines) for change in changes_between({"title": "Pain"}, {"title": "Pains"})]
    [('title', (('-', 'Pain'), ('+', 'Pains')))]
    """
    for name in newer:
        before, after = written(older.get(name)), written(newer[name])
        if before != after:
            lines = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=1)
            shown = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
            yield Change(label_of(name), tuple((line[0], line[1:]) for line in shown))


def written(value: object) -> str:
    return "" if value is None else str(value)


def label_of(name: str) -> str:
    return str(getattr(Article._meta.get_field(name), "verbose_name", name))
