"""What a web process makes sure of before its first request, whoever starts it."""

from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections


def refuse_a_wrong_database() -> None:
    """Raise ImproperlyConfigured where a check of the database finds an error: a public process that could read
    submissions must not take the first one. While the database is down nothing can be said, and nothing be read."""
    try:
        found = run_checks(tags=[Tags.database], databases=["default"])
    except OperationalError:
        return
    finally:
        connections.close_all()
    if errors := [problem for problem in found if problem.is_serious()]:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))
