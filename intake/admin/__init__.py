"""The review desk. Importing the files registers them."""

from intake.admin import questionnaires, submissions, translations

__all__ = ["questionnaires", "submissions", "translations"]
