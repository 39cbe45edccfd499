#!/usr/bin/env python
"""Django's command line, with a database to talk to."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

COMMANDS_WITHOUT_DATABASE = {
    *("check_questionnaire", "collectstatic", "diffsettings", "findstatic", "generate_keys", "sbom"),
    *("help", "startapp", "version"),
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from clinic_site.embedded import EmbeddedPostgresError

    try:
        with database_for(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except (EmbeddedPostgresError, ImproperlyConfigured) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell reports Ctrl-C


def database_for(arguments: list[str]) -> AbstractContextManager[None]:
    """The embedded server, up for as long as the command runs; nothing where DATABASE_URL names a server."""
    from clinic_site import embedded

    command = next(iter(arguments), "help")
    needless = command in COMMANDS_WITHOUT_DATABASE or command.startswith("-") or "--help" in arguments
    if command == "check":
        needless = "--database" not in arguments
    if needless or os.environ.get("DATABASE_URL"):
        return nullcontext()

    from django.conf import settings

    os.environ["PATH"] = (
        f"{embedded.binaries()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # psql for dbshell
    )
    return embedded.running(settings.VAR_DIR / "postgres")


if __name__ == "__main__":
    main()
