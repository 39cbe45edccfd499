"""The databases of a run: one template with the site's content, made once, and a copy of it for each worker."""

import datetime
import fcntl
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.commands import flush
from django.db import connection, transaction

CONTENT_COMMANDS = ("load_articles", "load_questionnaires", "load_notices", "create_demo_clinic")
MADE = "template-made"  # a file in the run's folder; the run's first process removes what an earlier run left


def use_template() -> None:
    """Make the template, once in a run however many workers ask, and let this worker's database be its copy.

    Roles are of the whole server, so this is also where they are made once.
    """
    name = template_name()
    made = Path(settings.VAR_DIR) / MADE
    with (settings.VAR_DIR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_template(name)
            made.touch()
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def template_name() -> str:
    return f"test_{settings.DATABASES['default']['NAME']}_{settings.VAR_DIR.name}"


def forget_template() -> None:
    """At the end of a run on somebody's own server."""
    with suppress(psycopg2.OperationalError):
        server = psycopg2.connect(**{**connection.get_connection_params(), "dbname": "postgres"})
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(template_name())}")
        server.close()


def make_template(name: str) -> None:
    quoted = connection.ops.quote_name(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
        cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        for command in CONTENT_COMMANDS:
            call_command(command, verbosity=0)
        be_always_open()
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA content")
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"CREATE TABLE content.{table} AS TABLE public.{table}")
    finally:
        connection.close()  # a template may be copied only while nobody uses it
        connection.settings_dict["NAME"] = own


def be_always_open() -> None:
    """What is asked depends on whether somebody still reads forms today; no test may depend on when it runs."""
    keep_hours(range(7), datetime.time(), datetime.time.max)


def keep_office_hours() -> None:
    """For a test in which somebody is not always there."""
    keep_hours(range(5), datetime.time(8, 30), datetime.time(17))


def keep_hours(days: range, opens: datetime.time, closes: datetime.time) -> None:
    from clinic_site.clinic import Clinic, OpeningHours  # models are ready only now

    OpeningHours.objects.all().delete()
    clinic = Clinic.objects.get()
    OpeningHours.objects.bulk_create(
        OpeningHours(clinic=clinic, weekday=day, opens=opens, closes=closes) for day in days
    )


def flush_brings_content_back() -> None:
    """A test that commits (live_server, transaction=True) ends with Django's flush."""
    get_commands()["flush"] = BringContentBack()


TRIGGERS_THAT_KEEP = """
SELECT format('ALTER TABLE %s ', tgrelid::regclass), format('TRIGGER %I', tgname), tgenabled FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND tgtype & 32 <> 0 AND relnamespace = 'public'::regnamespace
"""  # 32: they fire at TRUNCATE
ENABLED = {"O": "ENABLE ", "A": "ENABLE ALWAYS ", "R": "ENABLE REPLICA ", "D": "DISABLE "}
COLUMNS = """
SELECT table_name, string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name
"""


class BringContentBack(flush.Command):
    """Instead of empty tables, those of the site as every test finds it."""

    def handle(self, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # A table that is only ever added to refuses TRUNCATE even to its owner, unless he switches that off.
            cursor.execute(TRIGGERS_THAT_KEEP)
            keepers = cursor.fetchall()
            for table, trigger, _ in keepers:
                cursor.execute(f"{table} DISABLE {trigger}")
            cursor.execute(COLUMNS)
            tables = cursor.fetchall()
            cursor.execute(f"TRUNCATE {', '.join(table for table, _ in tables)}")
            for table, columns in tables:
                cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM content.{table}")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table, trigger, enabled in keepers:
                cursor.execute(f"{table} {ENABLED[enabled]} {trigger}")
        apps.get_model("contenttypes", "ContentType").objects.clear_cache()
