"""Dates, times and yes or no as they are said in the United States, in English and in Spanish."""

from datetime import date, time

_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SPANISH_MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)


def yes_or_no(value: bool, language: str) -> str:
    if _is_spanish(language):
        return "Sí" if value else "No"
    return "Yes" if value else "No"


def day_in_words(day: date, language: str) -> str:
    """
    >>> day_in_words(date(1962, 3, 9), "en"), day_in_words(date(1962, 3, 9), "es-US")
    ('March 9, 1962', '9 de marzo de 1962')
    """
    if _is_spanish(language):
        return f"{day.day} de {_SPANISH_MONTHS[day.month - 1]} de {day.year}"
    return f"{_ENGLISH_MONTHS[day.month - 1]} {day.day}, {day.year}"


def clock_in_words(clock: time, language: str) -> str:
    """Seconds only where there are some.

    >>> [clock_in_words(one, "en") for one in (time(0, 5), time(14, 30), time(12, 0, 9))]
    ['12:05 am', '2:30 pm', '12:00:09 pm']
    >>> clock_in_words(time(14, 30), "es")
    '2:30 p. m.'
    """
    seconds = f":{clock.second:02}" if clock.second else ""
    halves = ("a. m.", "p. m.") if _is_spanish(language) else ("am", "pm")
    return f"{clock.hour % 12 or 12}:{clock.minute:02}{seconds} {halves[clock.hour >= 12]}"


def moment_in_words(day: date, clock: time, language: str) -> str:
    at = "a las" if _is_spanish(language) else "at"
    return f"{day_in_words(day, language)} {at} {clock_in_words(clock, language)}"


def _is_spanish(language: str) -> bool:
    return language.partition("-")[0].lower() == "es"
