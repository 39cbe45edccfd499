"""The review desk. Importing the files registers them."""

from intake.admin import questionnaires, submissions

__all__ = ["questionnaires", "submissions"]
