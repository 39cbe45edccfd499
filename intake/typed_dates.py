"""Dates and times as people type them, as the engine reads them, and back."""

import datetime
import re
from collections.abc import Sequence
from enum import StrEnum, auto

from django.utils import timezone

MONTHS = (
    ("january", "enero"),
    ("february", "febrero"),
    ("march", "marzo"),
    ("april", "abril"),
    ("may", "mayo"),
    ("june", "junio"),
    ("july", "julio"),
    ("august", "agosto"),
    ("september", "septiembre", "setiembre"),
    ("october", "octubre"),
    ("november", "noviembre"),
    ("december", "diciembre"),
)
_CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2}))?\s?(?:([ap])\.?m\.?)?")


def iso_date(month: str, day: str, year: str) -> str:
    """2026-03-09 for 3 or March, 9, 2026; what cannot be a date comes back as typed, to be refused with a reason.

    >>> iso_date("Mar", "9", "1962"), iso_date("02", "31", "1980"), iso_date("x", "1", "1980")
    ('1962-03-09', '1980-02-31', 'x/1/1980')
    >>> iso_date("Sept.", "9", "1962"), iso_date("agosto", "9", "1962")
    ('1962-09-09', '1962-08-09')
    """
    number = month_number(month)
    is_number = all(part.isascii() and part.isdigit() for part in (number, day, year))
    if is_number and len(day) <= 2 and len(number) <= 2 and len(year) == 4:
        return f"{year}-{number:>02}-{day:>02}"
    return "/".join((month, day, year))


class Slip(StrEnum):
    """What is wrong with the one part of a date that is wrong."""

    NO_MONTH = auto()
    NO_DAY = auto()
    NO_YEAR = auto()
    MONTH = auto()
    DAY = auto()
    YEAR = auto()


def date_slip(month: str, day: str, year: str) -> Slip | None:
    """Which part to mend; None where it is not one alone, or where each is right and no calendar has that day.

    >>> date_slip("March", "", "1982"), date_slip("13", "9", "1982"), date_slip("3", "9", "82")
    (<Slip.NO_DAY: 'no_day'>, <Slip.MONTH: 'month'>, <Slip.YEAR: 'year'>)
    >>> date_slip("9/3/1982", "", ""), date_slip("2", "31", "1982")
    (None, None)
    """
    slips = (
        (Slip.NO_MONTH, not month),
        (Slip.NO_DAY, not day),
        (Slip.NO_YEAR, not year),
        (Slip.MONTH, bool(month) and not is_number_up_to(12, month_number(month))),
        (Slip.DAY, bool(day) and not is_number_up_to(31, day)),
        (Slip.YEAR, bool(year) and not re.fullmatch("[1-9][0-9]{3}", year)),
    )
    found = [slip for slip, is_made in slips if is_made]
    return found[0] if len(found) == 1 else None


def is_number_up_to(most: int, text: str) -> bool:
    return re.fullmatch("[0-9]{1,2}", text) is not None and 1 <= int(text) <= most


def month_number(month: str) -> str:
    name = month.lower().rstrip(".")
    if len(name) >= 3:
        for number, full_names in enumerate(MONTHS, start=1):
            if any(full_name.startswith(name) for full_name in full_names):
                return str(number)
    return month


def split_iso_date(values: Sequence[str]) -> dict[str, str]:
    if not values or values[0].count("-") != 2:
        return {}
    year, month, day = values[0].split("-")
    return {"month": month.lstrip("0"), "day": day.lstrip("0"), "year": year}


def iso_time(typed: str) -> str:
    """14:30:00 for 2:30 pm or 14:30; what cannot be a time comes back as typed, to be refused with a reason.

    An hour that can be morning or afternoon needs am or pm, unless it is written 02:30.

    >>> iso_time("2:30 pm"), iso_time("12 a.m."), iso_time("14:30"), iso_time("02:30")
    ('14:30:00', '00:00:00', '14:30:00', '02:30:00')
    >>> iso_time("2:30"), iso_time("11:15"), iso_time("13 pm"), iso_time("noon")
    ('2:30?', '11:15?', '13 pm?', 'noon?')
    """
    match = _CLOCK.fullmatch(typed.lower())
    if match is None:
        return f"{typed}?" if typed else ""
    written, minute, second, half = match.groups()
    hour = int(written)
    if half:
        is_plain = 1 <= hour <= 12
        hour = hour % 12 + (12 if half == "p" else 0)
    else:
        is_plain = bool(minute) and (hour > 12 or written.startswith("0"))
    return f"{hour:02}:{minute or '00'}:{second or '00'}" if is_plain else f"{typed}?"


def iso_moment(day: str, clock: str) -> str:
    """2026-03-09T14:30:00-05:00 in the clinic's time zone; as typed where it is no date and time."""
    try:
        moment = datetime.datetime.fromisoformat(f"{day}T{clock}")
        return timezone.make_aware(moment).isoformat()
    except (ValueError, OverflowError):
        return f"{day} {clock}"


def split_iso_moment(values: Sequence[str]) -> dict[str, str]:
    try:
        moment = timezone.localtime(datetime.datetime.fromisoformat(values[0]))
    except (IndexError, ValueError, OverflowError):
        return {}
    clock = spoken_time(moment.time().isoformat())
    return {"month": f"{moment.month}", "day": f"{moment.day}", "year": f"{moment.year:04}", "time": clock}


def spoken_time(written: str) -> str:
    """2:30 pm for 14:30:00; anything else as it is."""
    try:
        clock = datetime.time.fromisoformat(written)
    except ValueError:
        return written
    seconds = f":{clock.second:02}" if clock.second else ""
    return f"{clock.hour % 12 or 12}:{clock.minute:02}{seconds} {'am' if clock.hour < 12 else 'pm'}"
