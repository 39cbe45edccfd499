"""Django looks for models here; ours stand in the files named after them."""

from clinic_site.audit import AuditEvent
from clinic_site.clinic import Clinic, Holiday, OpeningHours, Person, Price
from clinic_site.limits import RateLimit
from clinic_site.notices import NoticeVersion
from clinic_site.sessions import StaffSession

__all__ = [
    "AuditEvent",
    "Clinic",
    "Holiday",
    "NoticeVersion",
    "OpeningHours",
    "Person",
    "Price",
    "RateLimit",
    "StaffSession",
]
