"""The clinic's own facts: one place, edited by its staff, read by every page.

We know no facts of any real clinic. Until staff enter theirs, a site has either nothing here (and promises nothing)
or the demonstration clinic, which is plainly fictional.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.core.validators import MinValueValidator, RegexValidator
from django.db import DatabaseError, models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# The short form of 42 CFR 2.32(a)(2).
PART_2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


class Weekday(models.IntegerChoices):
    """Numbered as Python's date.weekday()."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


looks_like_a_phone_number = RegexValidator(
    r"^\+?[0-9(][0-9 ().-]{8,18}$",
    "Write the number with its area code and without an extension, such as (410) 555-0142.",
)


class Clinic(models.Model):
    """The one clinic whose site this is."""

    name = models.CharField(max_length=120)
    tagline = models.CharField(
        max_length=200, blank=True, help_text="One plain sentence under the name on the home page."
    )
    is_demonstration = models.BooleanField(
        default=False,
        help_text="Shows a banner on every page: fictional clinic, do not enter real health details.",
    )

    phone = models.CharField(
        max_length=20, help_text="Shown on every page, also on error pages: (410) 555-0142"
    )
    email = models.EmailField(blank=True)
    street = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    directions = models.TextField(blank=True, help_text="Parking, entrance, bus. Plain text.")
    protocol = models.TextField(
        "how you give ketamine",
        blank=True,
        help_text="Plain text: dose, length and number of infusions, how they differ from the 2018 guideline (at least "
        "80 mg over more than 2 hours), what is monitored, who is in the room. Shown under “How we treat”.",
    )

    review_within_hours = models.PositiveSmallIntegerField(
        "a submission is reviewed within (hours)",
        null=True,
        blank=True,
        help_text="The queue shows which ones wait longer. Empty for no target.",
    )
    is_part_2_program = models.BooleanField(
        "is a Part 2 program",
        default=False,
        help_text="Only if 42 CFR part 2 (substance use disorder records) applies: prints and exports then carry its "
        "notice.",
    )
    on_call_name = models.CharField(
        max_length=120,
        blank=True,
        help_text="Who is called when a form mentions thoughts of self-harm. Staff only.",
    )
    on_call_phone = models.CharField(max_length=20, blank=True, validators=[looks_like_a_phone_number])
    alert_email = models.EmailField(
        "e-mail for alerts and the daily digest",
        blank=True,
        help_text="Told how urgent and how many, with a link; never who or what.",
    )
    escalation_email = models.EmailField(
        "e-mail where nobody acknowledges",
        blank=True,
        help_text="Empty for the address above.",
    )
    acknowledge_within_minutes = models.PositiveSmallIntegerField(
        "a crisis is acknowledged within (minutes)",
        default=30,
        validators=[MinValueValidator(1)],
        help_text="After that it is told again, also to the address above and to the pager. Your medical director "
        "decides.",
    )

    security_email = models.EmailField(
        "e-mail for reports of security problems",
        blank=True,
        help_text="Stands in /.well-known/security.txt, where those look who found a weakness in the site.",
    )
    security_email_until = models.DateField(
        "that address is read until",
        null=True,
        blank=True,
        help_text="At most a year ahead. After that day the page is gone until somebody sets another.",
    )

    class Meta:
        verbose_name = "clinic facts"
        verbose_name_plural = "clinic facts"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="clinic_site_clinic_is_one_row"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_link(self) -> str:
        """The phone number as a tel: link wants it: digits, with the country in front."""
        digits = "".join(character for character in self.phone if character.isdigit())
        return f"+1{digits}" if len(digits) == 10 else f"+{digits}"

    @property
    def redisclosure_notice(self) -> str:
        """What every print and export carries; empty unless the clinic is a Part 2 program."""
        return PART_2_NOTICE if self.is_part_2_program else ""

    def takes_security_reports(self, *, on: datetime.date) -> bool:
        return bool(self.security_email and self.security_email_until and on <= self.security_email_until)

    @property
    def city_line(self) -> str:
        return " ".join(
            part for part in (f"{self.city}," if self.city else "", self.state, self.postal_code) if part
        )

    @property
    def has_somebody_to_call(self) -> bool:
        """Whether somebody reads forms in known hours and can be called about a person in danger."""
        return bool(self.pk and self.on_call_name and self.on_call_phone and self.opening_hours.all())

    def next_reading(self, at: datetime.datetime) -> datetime.datetime | None:
        """When somebody next reads forms, in local time: `at` if they do then, None where no hours were entered."""
        if self.pk is None:
            return None
        holidays = [holiday.day for holiday in self.holidays.all()]
        return next_opening(self.opening_hours.all(), holidays, now=timezone.localtime(at))

    def reads_today(self, at: datetime.datetime) -> bool:
        """Whether somebody who can be called about a person in danger still reads forms on the day of `at`."""
        reading = self.next_reading(at) if self.has_somebody_to_call else None
        return reading is not None and reading.date() == timezone.localtime(at).date()

    @property
    def hours_in_words(self) -> list[str]:
        """One line for each run of days with the same hours; empty where staff entered none."""
        return hours_in_words(self.opening_hours.all()) if self.pk else []


class OpeningHours(models.Model):
    """When staff are there and read forms, on one day of the week."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name_plural = "opening hours"
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")),
                name="clinic_site_openinghours_closes_after_opening",
            ),
            models.UniqueConstraint(
                fields=["clinic", "weekday"], name="clinic_site_openinghours_one_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()}, {clock(self.opens)} to {clock(self.closes)}"


class Holiday(models.Model):
    """A day on which nobody reads forms."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["clinic", "day"], name="clinic_site_holiday_once")]

    def __str__(self) -> str:
        return f"{self.day:%B} {self.day.day}, {self.day.year}"


class Person(models.Model):
    """Somebody whom a patient meets."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(max_length=120)
    work = models.CharField("what they do here", max_length=160, help_text="Anesthesiologist, front desk")
    training = models.CharField(
        max_length=300, blank=True, help_text="Degrees, board certification, license; as it can be checked."
    )
    order = models.PositiveSmallIntegerField(default=100, help_text="Small numbers stand first.")

    class Meta:
        verbose_name_plural = "people"
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What something costs."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="prices")
    what = models.CharField(max_length=160, help_text="One infusion of 4 hours")
    dollars = models.DecimalField("price in US dollars", max_digits=8, decimal_places=2)
    covers = models.CharField("what it covers", max_length=300, blank=True, help_text="And what is extra.")
    order = models.PositiveSmallIntegerField(default=100, help_text="Small numbers stand first.")

    class Meta:
        ordering = ["order", "what"]
        constraints = [
            models.CheckConstraint(condition=models.Q(dollars__gte=0), name="clinic_site_price_not_negative")
        ]

    def __str__(self) -> str:
        return self.what


class Hours(Protocol):
    """What the functions below need of a row of opening hours."""

    weekday: Any
    opens: Any
    closes: Any


def clock(time: datetime.time) -> str:
    """The time as it is said.

    >>> clock(datetime.time(8, 30)), clock(datetime.time(12)), clock(datetime.time(17))
    ('8:30 am', '12 noon', '5 pm')
    """
    if (time.hour, time.minute) == (12, 0):
        return gettext("12 noon")
    hour = time.hour % 12 or 12
    minutes = f":{time.minute:02}" if time.minute else ""
    return f"{hour}{minutes} {gettext('am') if time.hour < 12 else gettext('pm')}"


def hours_in_words(week: Iterable[Hours]) -> list[str]:
    """Opening hours with neighbouring days of the same hours taken together.

    >>> from types import SimpleNamespace as Row
    >>> nine, five = datetime.time(9), datetime.time(17)
    >>> hours_in_words([Row(weekday=day, opens=nine, closes=five) for day in (0, 1, 2, 4)])
    ['Monday to Wednesday, 9 am to 5 pm', 'Friday, 9 am to 5 pm']
    """
    runs: list[list[Hours]] = []
    for row in week:
        last = runs[-1][-1] if runs else None
        if last and (last.weekday + 1, last.opens, last.closes) == (row.weekday, row.opens, row.closes):
            runs[-1].append(row)
        else:
            runs.append([row])
    return [f"{days_in_words(run)}, {span(clock(run[0].opens), clock(run[0].closes))}" for run in runs]


def days_in_words(run: Sequence[Hours]) -> str:
    first, last = str(Weekday(run[0].weekday).label), str(Weekday(run[-1].weekday).label)
    return first if first == last else span(first, last)


def span(first: str, last: str) -> str:
    return gettext("%(first)s to %(last)s") % {"first": first, "last": last}


def next_opening(
    week: Iterable[Hours], holidays: Iterable[datetime.date], *, now: datetime.datetime
) -> datetime.datetime | None:
    """When staff are next there: `now` if they are, None where no hours were entered. `now` is local and aware."""
    by_weekday = {row.weekday: row for row in week}
    closed = set(holidays)
    for days_ahead in range(60):
        day = now.date() + datetime.timedelta(days=days_ahead)
        row = by_weekday.get(day.weekday())
        if row is None or day in closed:
            continue
        opens = datetime.datetime.combine(day, row.opens, tzinfo=now.tzinfo)
        closes = datetime.datetime.combine(day, row.closes, tzinfo=now.tzinfo)
        if now < closes:
            return max(now, opens)
    return None


UNNAMED = "Pain clinic"
last_known: list[Clinic] = []  # of this process, for the page that says that the database is down


def current_clinic() -> Clinic:
    """The clinic's facts, or an unnamed clinic without a phone where nobody has entered any."""
    clinic = Clinic.objects.prefetch_related("opening_hours", "holidays").first()
    last_known[:] = [clinic] if clinic else []
    return clinic or Clinic(name=UNNAMED)


def clinic_whatever_happens() -> Clinic:
    """The same while the database answers, else what this process saw last."""
    try:
        return current_clinic()
    except DatabaseError:
        return last_known[0] if last_known else Clinic(name=UNNAMED)


def clinic_in_templates(request: HttpRequest) -> dict[str, object]:
    """Every template may say {{ clinic.phone }}; a page that does not costs no query."""
    return {"clinic": SimpleLazyObject(current_clinic)}
