"""Phone numbers and e-mail addresses: the one kind of answer that must work, because a person may be in danger."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from intake.messages import shortened
from intake.questionnaires.definition import Item
from intake.widgets import KEYBOARD

PHONE = re.compile(r"[0-9+(][0-9 ().+/-]*( ?(ext|x)\.? ?[0-9]{1,6})?", re.IGNORECASE)
FEWEST_DIGITS, MOST_DIGITS = 10, 21  # with the area code; with a country and an extension


def can_be_reached(link_id: str, answer: str) -> bool:
    """Whether an answer to a question about a phone or an e-mail address can be one; True for other questions.

    >>> can_be_reached("phone", "(410) 555-0142"), can_be_reached("phone", "410.555.0142 ext 3")
    (True, True)
    >>> can_be_reached("phone", "none of your business"), can_be_reached("email", "not an email")
    (False, False)
    """
    match KEYBOARD.get(link_id):
        case "tel":
            digits = sum(character.isdigit() for character in answer)
            return bool(PHONE.fullmatch(answer)) and FEWEST_DIGITS <= digits <= MOST_DIGITS
        case "email":
            try:
                validate_email(answer)
            except ValidationError:
                return False
    return True


def unreachable_message(item: Item) -> str:
    message = {
        "tel": _("For “{question}”, write a phone number with its area code, such as (410) 555-0123"),
        "email": _("For “{question}”, write an e-mail address such as name@example.com"),
    }[KEYBOARD[item.link_id]]
    return message.format(question=shortened(item.text))
