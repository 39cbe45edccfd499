"""A database of an earlier version, beside the tests' own."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

BEFORE = ("intake", "0003_keep_published_versions_unchanged")
AUTH = ("auth", "0012_alter_user_first_name_max_length")


@pytest.fixture
def old_database(transactional_db: None) -> Iterator[None]:
    """A database beside the tests' own, as the first version with accounts left it."""
    tests_own = connections["default"]
    old = tests_own.copy()
    old.settings_dict["NAME"] += "_old"
    name = old.settings_dict["NAME"]
    rows(f"DROP DATABASE IF EXISTS {name}")
    rows(f"CREATE DATABASE {name} TEMPLATE template0")
    connections["default"] = old
    try:
        MigrationExecutor(old).migrate([BEFORE, AUTH])
        yield
    finally:
        old.close()
        connections["default"] = tests_own
        rows(f"DROP DATABASE {name}")


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def newest(app: str) -> tuple[str, str]:
    (last,) = MigrationExecutor(connections["default"]).loader.graph.leaf_nodes(app)
    return last


def migrate(target: tuple[str, str]) -> None:
    MigrationExecutor(connections["default"]).migrate([target])
