from django.apps import AppConfig, apps


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    verbose_name = "The clinic"

    def ready(self) -> None:
        from clinic_site import (  # noqa: F401  (registers the system checks)
            checks,
            database_log,
            role_checks,
            text_checks,
        )

        if apps.is_installed("django.contrib.auth"):
            from clinic_site import login_events  # noqa: F401  (connects to Django's login signals)
            from clinic_site.accounts import second_step_keys  # noqa: F401  (registers its checks)
