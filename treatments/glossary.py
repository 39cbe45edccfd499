"""The words that articles explain where they stand, as [placebo](term:placebo)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Term:
    """A word with its meaning in plain words. `id` is what the popover of the word has."""

    slug: str
    word: str
    meaning: str

    @property
    def id(self) -> str:
        return f"term:{self.slug}"


def read_glossary(path: Path) -> Mapping[str, Term]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {slug: Term(slug=slug, **values) for slug, values in sorted(tables.items())}


GLOSSARY = read_glossary(Path(__file__).parent / "glossary.toml")
