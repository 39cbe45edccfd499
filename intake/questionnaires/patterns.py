"""Which regular expressions of a file are checked: only those that cannot keep the server busy.

A pattern is tried against texts of at most STRING_LIMIT characters, so what it may cost is the product of
the ways in which its parts can match. What is not read here is not refused; it is warned of and not checked.
"""

import re
from functools import lru_cache

from intake.questionnaires.items import STRING_LIMIT

LONGEST_PATTERN = 300  # characters
MOST_WAYS = STRING_LIMIT**3  # three parts of open length; tried in about 20 ms at worst

_PART = re.compile(
    r"(?P<one>\\[dDwWsS]|\\[^A-Za-z0-9]|\[\^?(?:\\[dDwWsS]|\\[^A-Za-z0-9]|[^\]\[\\])+\]|[^\\\[\](){}*+?|^$])"
    r"|(?P<open>\((?:\?:|(?!\?)))|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<times>[*+?]|\{(?P<least>[0-9]{1,3})(?P<to>,(?P<most>[0-9]{0,3}))?\})\??"
)
_SET_OPERATION = re.compile(r"--|&&|\|\||~~")  # Python will read these in a [...] as something else one day


@lru_cache(maxsize=500)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern that `checkable` gave, to be matched against the whole of a text."""
    return re.compile(pattern, re.ASCII)


def checkable(written: str) -> str:
    """The pattern without its anchors, or "" where it could take too long or is not understood.

    >>> checkable(r"^\\d{3}-\\d{4}$"), checkable("(a+)+"), checkable(r"(a)\\1"), checkable("(?=a)b")
    ('\\\\d{3}-\\\\d{4}', '', '', '')
    """
    pattern = written.removeprefix("^")
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1]
    if not pattern or len(pattern) > LONGEST_PATTERN or not 0 < _ways(pattern) <= MOST_WAYS:
        return ""
    try:
        compiled(pattern)
    except (re.error, OverflowError):
        return ""
    return pattern


def _ways(pattern: str) -> int:
    """In how many ways a text could be tried, roughly; 0 where a part is not understood."""
    ways, place = 1, 0
    has_choice = [False]  # for each open bracket, whether something in it can match in several ways
    can_repeat = last_has_choice = False
    while place < len(pattern):
        part = _PART.match(pattern, place)
        if part is None:
            return 0
        place = part.end()
        if part["one"]:
            if part["one"].startswith("[") and _SET_OPERATION.search(part["one"]):
                return 0
            can_repeat, last_has_choice = True, False
        elif part["open"]:
            has_choice.append(False)
            can_repeat = False
        elif part["close"]:
            if len(has_choice) == 1:
                return 0
            can_repeat, last_has_choice = True, has_choice.pop()
            has_choice[-1] |= last_has_choice
        elif part["bar"]:
            ways *= 2
            has_choice[-1] = True
            can_repeat = False
        else:
            least, most = _times(part)
            if not can_repeat or (last_has_choice and most > 1):
                return 0
            ways *= min(most - least + 1, STRING_LIMIT)
            has_choice[-1] |= most != least
            can_repeat = False
        if ways > MOST_WAYS:
            return ways
    return ways if len(has_choice) == 1 else 0


def _times(part: re.Match[str]) -> tuple[int, int]:
    if part["least"] is None:
        return {"*": (0, STRING_LIMIT), "+": (1, STRING_LIMIT), "?": (0, 1)}[part["times"]]
    least = int(part["least"])
    most = least if part["to"] is None else int(part["most"] or STRING_LIMIT + least)
    return least, max(most, least)
