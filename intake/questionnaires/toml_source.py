"""TOML to typed values, refusing by name whatever is not what it should be."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal

from intake.questionnaires.items import UNSTORABLE
from intake.questionnaires.json_source import quoted
from intake.questionnaires.rules import RulesRefused

MAX_BYTES = 150_000  # the screening's rules have about 36,000
MAX_DOTS = 50  # of one line
_LARGEST = 10**18  # beyond any number that a clinic asks for

Table = Mapping[str, object]


def read_toml(source: bytes) -> Table:
    if len(source) > MAX_BYTES:
        raise RulesRefused("", f"the file has more than {MAX_BYTES:,} bytes; shorten it")
    # Python's TOML reader takes time and memory with the square of the parts of a dotted key.
    if max((line.count(b".") for line in source.splitlines()), default=0) > MAX_DOTS:
        raise RulesRefused("", f"a line has more than {MAX_DOTS} dots in it; split it")
    try:
        return tomllib.loads(source.decode("utf-8-sig"), parse_float=Decimal)
    except RecursionError:
        raise RulesRefused("", "lists stand too deep inside each other; flatten them") from None
    except (ValueError, ArithmeticError) as error:
        raise RulesRefused("", f"the file is not TOML: {quoted(str(error))}; correct it") from None


def is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def only_keys(where: str, table: Table, known: Iterable[str]) -> None:
    for key in sorted(table.keys() - set(known)):
        raise RulesRefused(where, f"the key {quoted(key)} is not understood; take it out")


def text_of(where: str, table: Table, key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RulesRefused(where, f"{key} must be a text that is not empty; write it")
    if UNSTORABLE.search(value):
        raise RulesRefused(where, f"{key} has a control character in it, {quoted(value)}; retype it")
    return value


def number_of(where: str, table: Table, key: str) -> Decimal:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise RulesRefused(where, f"{key} must be a number; write it")
    is_endless = isinstance(value, Decimal) and not value.is_finite()
    if is_endless or not -_LARGEST < value < _LARGEST:
        raise RulesRefused(where, f"{key} is no number that a clinic asks for; correct it")
    return Decimal(value)


def table_of(where: str, table: Table, key: str) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise RulesRefused(where, f"{key} must be a table; write [{key}]")
    return value


def named_tables(document: Table, key: str) -> list[tuple[str, Table]]:
    tables = table_of(key, document, key)
    for name in tables:
        if UNSTORABLE.search(name):
            raise RulesRefused(key, f"the name {quoted(name)} has a control character in it; retype it")
    return [(name, table_of(name, tables, name)) for name in tables]


def tables_of(where: str, document: Table, key: str) -> list[Table]:
    values = document.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise RulesRefused(where, f"{key} must be a list of tables; write [[{key}]]")
    return values
