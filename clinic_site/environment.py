"""Reading the environment, with an error that says what to write where."""

import os
from enum import StrEnum
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

Choice = TypeVar("Choice", bound=StrEnum)


def env_flag(name: str, *, default: bool) -> bool:
    """The variable as a yes or no; only 0 and 1 are accepted, so that "false" is never read as yes."""
    value = os.environ.get(name, "")
    if value == "":
        return default
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} is {value!r}. Write {name}=1 for yes or {name}=0 for no.")
    return value == "1"


def env_number(name: str, *, default: int) -> int:
    """The variable as a whole number, 0 or more."""
    value = os.environ.get(name, "")
    if value and not (value.isascii() and value.isdecimal()):
        raise ImproperlyConfigured(f"{name} is {value!r}. Write a number: {name}={default}.")
    return int(value) if value else default


def env_choice(name: str, *, default: Choice) -> Choice:
    """The variable as one of the default's kind."""
    choices = type(default)
    value = os.environ.get(name, "")
    if value and value not in list(choices):
        raise ImproperlyConfigured(f"{name} is {value!r}. Write one of: {', '.join(choices)}.")
    return choices(value) if value else default


def env_list(name: str, *, default: list[str]) -> list[str]:
    """The variable split at commas."""
    value = os.environ.get(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] or default


def env_required(name: str, *, what: str) -> str:
    """The variable, or a clear refusal to start."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {what}")
    return value
