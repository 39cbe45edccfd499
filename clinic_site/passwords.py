"""Passwords after NIST SP 800-63B-4: long, not easy to guess, and nothing else asked of them.

At least 15 characters of any kind, no mixing of kinds, and no new one every few months.
"""

import re
from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from clinic_site.clinic import current_clinic

# What everybody who attacks this site tries first.
TRIED_FIRST = """
    admin administrator application article assessment clinic clinician columbia consent desk doctor form front infusion
    infusions ketamine login maryland medical medicine nurse officer pain patient password privacy questionnaire review
    screening secret signin site staff submission treatment treatments welcome
"""
SITE_WORDS = frozenset(TRIED_FIRST.split())
WALKS = ("0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
FEWEST_LEFT = 6  # characters that must be left of a password without what is tried first
DIGITS_TRIED = 8  # behind or before a word: a year, a date
LONGEST_REPEATED = 7  # characters: "passwordpassword" is no better than half of it


class NotEasyToGuess:
    """Refuses a password that is made of what attackers try first, and no more than that; what contains such a word
    among others is welcome."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = password.casefold()
        if repeats(plain):
            raise ValidationError(
                "The same few characters again and again are easy to guess.", code="repeats"
            )
        letters = "".join(character for character in plain if character.isalpha())
        words = SITE_WORDS | words_of_clinic() | words_of(user)
        rest = re.sub("|".join(map(re.escape, sorted(words, key=len, reverse=True))), "", letters)
        digits = sum(character.isdigit() for character in plain)
        left = 0 if rest in common() else len(rest) + max(digits - DIGITS_TRIED, 0)
        is_made_of_words = (rest != letters or letters in common()) and left < FEWEST_LEFT
        if is_made_of_words or is_walk(plain):
            raise ValidationError(
                "This is made of words and numbers that are tried first: common passwords, your name, the clinic's "
                "name, or words of this site. Add a few words that have nothing to do with them.",
                code="easy_to_guess",
            )

    def get_help_text(self) -> str:
        return (
            "Four or five words that have nothing to do with you or the clinic are good. Spaces and any other "
            "characters are fine."
        )


def repeats(password: str) -> bool:
    """
    >>> repeats("abcabcabcabcabca"), repeats("correct horse battery")
    (True, False)
    """
    return any(
        password == (password[:length] * len(password))[: len(password)]
        for length in range(1, LONGEST_REPEATED + 2)
    )


def is_walk(password: str) -> bool:
    """Along the alphabet, the digits or a keyboard, in either direction.

    >>> is_walk("98765432109876543"), is_walk("qwertyuiopasdfg"), is_walk("a tree and a lamp")
    (True, True, False)
    """
    return any(password in walk * 8 or password in walk[::-1] * 8 for walk in WALKS)


def words_of_clinic() -> set[str]:
    return words_in(current_clinic().name)


def words_of(user: Any) -> set[str]:
    if user is None:
        return set()
    return words_in(" ".join((user.get_username(), user.first_name, user.last_name, user.email)))


def words_in(text: str) -> set[str]:
    return {word for word in re.findall(r"[^\W\d_]+", text.casefold()) if len(word) >= 3}


@cache
def common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
