"""How often something may be tried from one place: counts in the database, in which nobody can read who it was.

A count is found by an HMAC, under a key that changes every day (at midnight UTC), of what is counted and for whom.
It is gone within an hour after its time. Whoever has the rows and the process's CLINIC_SECRET_KEY could still try
all networks of the Internet one by one; so an address is first cut down to its network.
"""

import datetime
import hmac
import ipaddress
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models
from django.http import HttpRequest

DAY = datetime.timedelta(days=1)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# What one household, or one place of work, has of the Internet.
NETWORK_BITS = {4: 24, 6: 56}
# Nobody's address on the Internet: this machine, a local network, or a proxy that nobody told us of.
LOCAL_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
]


class RateLimit(models.Model):
    """How often one thing was tried from one place in one stretch of time."""

    key = models.UUIDField(primary_key=True, editable=False)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} until {self.expires_at}"


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether this try is allowed: true as long as it is among the first `limit`."""

    count: int
    """The tries so far, this one included."""
    limit: int
    again_at: datetime.datetime
    """When counting begins anew."""

    def __bool__(self) -> bool:
        return self.count <= self.limit

    @property
    def is_first_refusal(self) -> bool:
        """For one line in the log and not a thousand."""
        return self.count == self.limit + 1


COUNT = f"""
INSERT INTO {RateLimit._meta.db_table} AS kept (key, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET count = least(kept.count, 1000000000) + 1 RETURNING count
"""  # noqa: S608 - the name of our own table # nosec B608


def allow(
    kind: str, parts: Sequence[object], *, limit: int, per: datetime.timedelta, at: datetime.datetime
) -> Allowance:
    """Count one try, and say whether it is among the first `limit` in this stretch of `per`.

    `parts` is whom it is counted for: a network, an account's number, a form's. Stretches begin at midnight UTC, so
    `per` goes into a day without a rest. A refused try does not put off the end of the stretch.
    """
    if DAY % per:
        raise ValueError(f"{per} does not go into a day without a rest.")
    again_at = end_of_stretch(at, per)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [key_of(kind, parts, again_at, per), again_at])
        (count,) = cursor.fetchone()
    return Allowance(count, limit, again_at)


def forget(kind: str, parts: Sequence[object], *, per: datetime.timedelta, at: datetime.datetime) -> None:
    """Begin anew before the time is over: somebody proved who they are."""
    RateLimit.objects.filter(key=key_of(kind, parts, end_of_stretch(at, per), per)).update(count=0)


def forget_past_counts(*, at: datetime.datetime) -> int:
    """How many."""
    deleted, _ = RateLimit.objects.filter(expires_at__lte=at).delete()
    return deleted


def end_of_stretch(at: datetime.datetime, per: datetime.timedelta) -> datetime.datetime:
    now = at.astimezone(datetime.UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((now - midnight) // per + 1) * per


def key_of(
    kind: str, parts: Sequence[object], again_at: datetime.datetime, per: datetime.timedelta
) -> uuid.UUID:
    """What the count is found by. The day is that in which the stretch lies."""
    day = (again_at - per).date().isoformat()
    day_key = hmac.digest(settings.SECRET_KEY.encode(), f"clinic rate limits {day}".encode(), "sha256")
    written = [part.encode() for part in (kind, again_at.isoformat(), str(per), *map(str, parts))]
    counted = b"".join(len(part).to_bytes(4, "big") + part for part in written)
    return uuid.UUID(bytes=hmac.digest(day_key, counted, "sha256")[:16])


# Where a request comes from


def network_of(request: HttpRequest) -> Network | None:
    """The network of whoever asks, never the address: the first 24 bits of an IPv4 one, 56 of an IPv6 one.

    None where the server or the proxy names no address.
    """
    try:
        address = ipaddress.ip_address(without_port(address_of(request)).partition("%")[0])
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return ipaddress.ip_network(f"{address}/{NETWORK_BITS[address.version]}", strict=False)


def is_local(network: Network) -> bool:
    """Whether this is no visitor's own network: then many people may stand behind it, and nobody knows how many."""
    return any(network.overlaps(local) for local in LOCAL_NETWORKS)


def address_of(request: HttpRequest) -> str:
    """Who asked the outermost of our own proxies: anybody can write the entries further left in the header.

    A request that came past the proxies, with too short a list, counts for the connection that it came by.
    """
    connected = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES == 0:
        return connected
    passed_on = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if len(passed_on) < settings.TRUSTED_PROXIES:
        return connected
    return passed_on[-settings.TRUSTED_PROXIES] or connected


def without_port(written: str) -> str:
    """Some proxies write the port too.

    >>> without_port("203.0.113.9:4711"), without_port("[2001:db8::1]:4711"), without_port("2001:db8::1")
    ('203.0.113.9', '2001:db8::1', '2001:db8::1')
    """
    if written.startswith("["):
        return written[1:].partition("]")[0]
    return written.partition(":")[0] if written.count(":") == 1 else written
