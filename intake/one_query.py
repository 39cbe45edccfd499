"""Several small questions to the database in one statement: a page that asks ten waits ten times."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

Questions = dict[str, tuple[str, QuerySet[Any, Any]]]


def answers(**questions: tuple[str, QuerySet[Any, Any]]) -> dict[str, Any]:
    """Each question is "count", "exists" or "value" of a queryset; for "value" the query has one column and row.

    Each is planned for itself, so that each finds its own index, partial ones included.
    """
    if not questions:
        return {}
    frames = {"count": "(SELECT count(*) FROM (%s) AS counted)", "exists": "EXISTS (%s)", "value": "(%s)"}
    parts: list[str] = []
    parameters: list[Any] = []
    for kind, queryset in questions.values():
        sql, given = queryset.query.sql_with_params()
        parts.append(frames[kind].replace("%s", sql))
        parameters.extend(given)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        row = cursor.fetchone() or ()
    return dict(zip(questions, row, strict=True))
