from django.apps import AppConfig


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    verbose_name = "The clinic"

    def ready(self) -> None:
        from clinic_site import checks  # noqa: F401  (registers the system checks)
