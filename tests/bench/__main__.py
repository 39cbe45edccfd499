"""`make bench`: sets up Django with a database of its own, measures every row, prints the table.

To add rows, write a module beside this one with a generator `rows()` and name it in TOPICS.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

TOPICS = ("questionnaires", "sealing", "desk")
SECONDS_PER_ROW = 1.5
RUNS_PER_ROW = 15  # at least
FOLDER = Path(__file__).parent.parent.parent / "var" / "bench"


def main() -> None:
    with own_site():
        sys.stdout.write(measured_table(seconds=SECONDS_PER_ROW, runs=RUNS_PER_ROW) + "\n\n")
        from tests.bench import article_pages

        for line in article_pages.lines():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        sys.stdout.write(import_module("tests.bench.slow_phone").line() + "\n")


def measured_table(*, seconds: float, runs: int = 1) -> str:
    from tests.bench.measuring import measure, table

    rows = (row for topic in TOPICS for row in import_module(f"tests.bench.{topic}").rows())
    return table([measure(row, seconds=seconds, runs=runs) for row in rows])


@contextmanager
def own_site() -> Iterator[None]:
    """Never the database that the environment names: rows may write."""
    for name in [name for name in os.environ if name.startswith("CLINIC_") or name == "DATABASE_URL"]:
        del os.environ[name]
    os.environ.update(DJANGO_SETTINGS_MODULE="clinic_site.settings", CLINIC_VAR_DIR=str(FOLDER))

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from clinic_site import embedded
    from clinic_site.static_files import collect_static_files

    with embedded.running(settings.VAR_DIR / "postgres", settings=embedded.THROWAWAY_SETTINGS):
        call_command("migrate", verbosity=0)
        collect_static_files()
        yield


if __name__ == "__main__":
    main()
