"""How far people come: one counter for each day, version and page, without any trace of whose it was."""

import datetime

from django.db import connection
from django.utils import timezone

from intake.models import PageCount, QuestionnaireVersion

SENT = ""  # the page of a form that was sent
COUNT = f"""
INSERT INTO {PageCount._meta.db_table} AS kept (day, questionnaire_version_id, page, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (day, questionnaire_version_id, page) DO UPDATE SET count = kept.count + 1
"""  # noqa: S608 - the name of our own table # nosec B608


def count_page(version: QuestionnaireVersion, page: str, *, at: datetime.datetime) -> None:
    """One person more answered this page for the first time. The last thing in a transaction: others wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [timezone.localdate(at), version.pk, page])
