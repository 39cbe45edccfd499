"""What the patient's pages say in their own way: days and times at the clinic's clock, and the crisis panel."""

import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from intake.crisis import CrisisTexts, Panel

register = template.Library()


@register.filter
def day(moment: datetime.datetime) -> str:
    """November 23, 2026"""
    return written(moment, pgettext("how a day is written", "F j, Y"))


@register.filter
def day_and_time(moment: datetime.datetime) -> str:
    """November 23, 10:42 AM"""
    return written(moment, pgettext("how a day and a time are written", "F j, g:i A"))


@register.filter
def weekday(moment: datetime.datetime) -> str:
    """Monday, November 23"""
    return written(moment, pgettext("how a weekday is written", "l, F j"))


@register.filter
def clock_time(moment: datetime.datetime) -> str:
    """10:42 AM"""
    return written(moment, pgettext("how a time is written", "g:i A"))


@register.filter
def panel_for(crisis: CrisisTexts, level: str) -> Panel:
    """The words for answers of that level, "" for anybody."""
    return crisis.panels[level or ""]


def written(moment: datetime.datetime, how: str) -> str:
    return date_format(timezone.localtime(moment), how)
