"""What a web process makes sure of before its first request, whoever starts it."""

from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from intake import checks


def refuse_to_start() -> None:
    """Raise ImproperlyConfigured where the keys or the database's rights are not those of this process's role: a
    public process that could read submissions must not take the first one."""
    checks.refuse_to_start()
    try:
        found = run_checks(tags=[Tags.database], databases=["default"])
    except OperationalError:  # while the database is down nothing can be said of it, and nothing be read
        return
    finally:
        connections.close_all()
    if errors := [problem for problem in found if problem.is_serious()]:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))
