"""Questions to the database about itself."""

from typing import Any

from django.db import connection


def rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def current_user() -> str:
    return str(rows("SELECT current_user")[0][0])


def tables() -> list[str]:
    return [
        name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    ]


def columns(table: str) -> list[str]:
    listed = """
        SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s
    """
    return [name for (name,) in rows(listed, table)]
