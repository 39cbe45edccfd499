from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    name = "treatments"
    verbose_name = "Articles"

    def ready(self) -> None:
        from treatments import search  # noqa: F401  (registers its system check)
