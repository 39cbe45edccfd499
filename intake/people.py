"""Who somebody is, as people type it: names, phones, e-mail addresses and dates made comparable. Pure.

>>> person = Person("José  Muñoz-Díaz", datetime.date(1982, 3, 9), ("+1 (410) 555-0117",), ("JOSE@clinic.example",))
>>> [matches(Term.of(typed), person) for typed in ("jose munoz", "410.555.0117", "555-0117", "3/9/1982")]
['name', 'phone', 'phone', 'birth date']
>>> [matches(Term.of(typed), person) for typed in ("jose@CLINIC.example", "Rosa", "")]
['e-mail', '', '']
"""

import datetime
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from intake.typed_dates import iso_date

LONGEST_TERM = 200  # characters that are looked at
FEWEST_DIGITS, FEWEST_LETTERS = 4, 2  # fewer would match half of all people
_DATE = re.compile(r"(\w+)\.?[\s/.,-]+(\w+),?[\s/.,-]+(\w+)")


def folded(typed: str) -> str:
    """Without case, accents, dashes and more than one space.

    >>> folded("  José  MUÑOZ-Díaz "), folded("Straße"), folded("O'Neill")
    ('jose munoz diaz', 'strasse', 'oneill')
    """
    apart = unicodedata.normalize("NFKD", typed.casefold())
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter) and letter not in "'’`")
    return " ".join(re.sub(r"[\W_]+", " ", kept).split())


def phone_digits(typed: str) -> str:
    """The digits, without the country in front of an American number.

    >>> phone_digits("+1 (410) 555-0117"), phone_digits("410.555.0117"), phone_digits("555 0117")
    ('4105550117', '4105550117', '5550117')
    """
    digits = "".join(letter for letter in typed if letter.isascii() and letter.isdigit())
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def typed_date(typed: str) -> datetime.date | None:
    """A whole date in the ways that people here write one, or none.

    >>> typed_date("1982-03-09") == typed_date("3/9/1982") == typed_date("9 March 1982") == typed_date("Mar 9, 1982")
    True
    >>> typed_date("555-01-17") is typed_date("31 x 1982") is None
    True
    """
    found = _DATE.fullmatch(typed.strip())
    if not found:
        return None
    first, second, third = found.groups()
    if len(first) == 4 and first.isdigit():
        first, second, third = second, third, first
    for month, day in ((first, second), (second, first)):
        try:
            return datetime.date.fromisoformat(iso_date(month, day, third))
        except ValueError:
            continue
    return None


@dataclass(frozen=True)
class Person:
    """Who sent a submission, as far as they said."""

    name: str
    birth_date: datetime.date | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]

    @cached_property
    def folded_name(self) -> str:
        return folded(self.name)

    @cached_property
    def digits(self) -> tuple[str, ...]:
        return tuple(phone_digits(phone) for phone in self.phones)

    @cached_property
    def folded_emails(self) -> tuple[str, ...]:
        return tuple(email.strip().casefold() for email in self.emails)

    @property
    def traits(self) -> dict[str, str]:
        """What is the same in two submissions of one person, by its name; each is found exactly or not at all."""
        born = self.birth_date.isoformat() if self.birth_date else ""
        return {
            f"{kind}:{trait}": kind
            for kind, traits in (
                ("name", [self.folded_name]),
                ("birth date", [born]),
                ("name and birth date", [f"{self.folded_name}|{born}" if self.folded_name and born else ""]),
                ("phone", [digits for digits in self.digits if len(digits) >= 7]),
                ("e-mail", self.folded_emails),
            )
            for trait in traits
            if trait
        }


@dataclass(frozen=True, slots=True)
class Term:
    """What somebody looks for, made comparable once."""

    words: tuple[str, ...]
    digits: str
    email: str
    date: datetime.date | None

    @classmethod
    def of(cls, typed: str) -> "Term":
        typed = typed[:LONGEST_TERM].replace("\0", "")
        date, letters = typed_date(typed), folded(typed)
        is_number = not any(letter.isalpha() for letter in typed)
        digits = phone_digits(typed) if is_number and date is None else ""
        return cls(
            words=() if is_number or len(letters) < FEWEST_LETTERS else tuple(letters.split()),
            digits=digits if len(digits) >= FEWEST_DIGITS else "",
            email=typed.strip().casefold() if "@" in typed.strip()[1:-1] else "",
            date=date,
        )

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.digits or self.email or self.date)

    @property
    def traits(self) -> tuple[str, ...]:
        """Those of a person who would match exactly."""
        found = [
            f"name:{' '.join(self.words)}" if self.words else "",
            f"birth date:{self.date.isoformat()}" if self.date else "",
            f"phone:{self.digits}" if self.digits else "",
            f"e-mail:{self.email}" if self.email else "",
        ]
        return tuple(trait for trait in found if trait)


def matches(term: Term, person: Person) -> str:
    """By what the person is found; "" where it is somebody else."""
    if term.date is not None and term.date == person.birth_date:
        return "birth date"
    if term.digits and any(term.digits in digits for digits in person.digits):
        return "phone"
    if term.email and any(term.email in email for email in person.folded_emails):
        return "e-mail"
    if term.words and all(word in person.folded_name for word in term.words):
        return "name"
    return ""


def likeness(one: Person, other: Person) -> str:
    """What says that both are the same person, in words; "" where too little does.

    A name alone may be anybody's; phone and e-mail may be shared with a relative.

    >>> born, phone = datetime.date(1982, 3, 9), ("4105550117",)
    >>> one = Person("Test Patient", born, phone, ())
    >>> likeness(one, Person("test patient", born, (), ()))
    'name and birth date'
    >>> likeness(one, Person("Test Patient Tilia", born, phone, ()))
    'birth date and phone'
    >>> likeness(one, Person("Test Friend", datetime.date(1950, 1, 1), phone, ()))
    ''
    """
    shared = [kind for trait, kind in one.traits.items() if trait in other.traits]
    if "name and birth date" in shared:
        return "name and birth date"
    is_close = len(shared) >= 2 and ("name" in shared or "birth date" in shared)
    return " and ".join(dict.fromkeys(shared)) if is_close else ""
