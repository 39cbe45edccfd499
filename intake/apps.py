from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = "Screening"

    def ready(self) -> None:
        from intake import checks, crisis  # noqa: F401  # register the system checks

        checks.refuse_private_keys_in_public()
