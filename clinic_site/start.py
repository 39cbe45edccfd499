"""What a web process makes sure of before its first request, whoever starts it."""

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from clinic_site.roles import Role
from intake import checks


def refuse_to_start() -> None:
    """Raise ImproperlyConfigured where the keys or the database's rights are not those of this process's role: a
    public process that could read submissions must not take the first one."""
    checks.refuse_to_start()
    if settings.OWNER_DATABASE is not None and settings.ROLE is not Role.ALL:
        raise ImproperlyConfigured(
            "CLINIC_OWNER_DATABASE_URL is set where the site is served: whoever took this process over would own every "
            "table. Set it for migrate and grant_roles alone."
        )
    try:
        found = run_checks(tags=[Tags.database], databases=["default"])
    except OperationalError as error:  # a public process whose rights nobody could check must not serve
        if settings.ROLE is not Role.ALL:
            raise ImproperlyConfigured(
                f"The database does not answer, so its rights are not known: {error}"
            ) from error
        return
    finally:
        connections.close_all()
    if errors := [problem for problem in found if problem.is_serious()]:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))
