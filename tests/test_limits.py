"""How often something may be tried: counted exactly, whoever counts at the same time, and nobody's address is kept."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import RequestFactory

from clinic_site import limits
from clinic_site.limits import RateLimit
from clinic_site.roles import Role
from intake.worker import delete_what_has_expired
from tests.serving_roles import acting_as

NOON = datetime.datetime(2026, 3, 9, 12, 5, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


def tries(many: int, *parts: object, at: datetime.datetime = NOON) -> list[bool]:
    return [bool(limits.allow("test", parts, limit=3, per=HOUR, at=at)) for _ in range(many)]


@pytest.mark.django_db
def test_the_first_tries_are_allowed_and_the_next_stretch_begins_anew() -> None:
    assert tries(5, "here") == [True, True, True, False, False]
    assert tries(1, "there") == [True], "another place is not held up"
    refused = limits.allow("test", ["here"], limit=3, per=HOUR, at=NOON)
    assert refused.again_at == NOON.replace(hour=13, minute=0)
    assert tries(4, "here", at=refused.again_at) == [True, True, True, False]


@pytest.mark.django_db
def test_a_refusal_is_worth_one_line_in_the_log() -> None:
    firsts = [limits.allow("test", [], limit=2, per=HOUR, at=NOON).is_first_refusal for _ in range(5)]
    assert firsts == [False, False, True, False, False]


@pytest.mark.django_db
def test_parts_that_only_look_alike_when_joined_are_counted_apart() -> None:
    assert tries(3, "ab", "c") == tries(3, "a", "bc") == tries(3, "abc") == [True] * 3
    assert RateLimit.objects.count() == 3


@pytest.mark.django_db
def test_whoever_proved_who_they_are_begins_anew() -> None:
    assert tries(4, "here")[-1] is False
    with acting_as(Role.STAFF):
        limits.forget("test", ["here"], per=HOUR, at=NOON)
    assert tries(1, "here") == [True]


def test_a_stretch_that_does_not_go_into_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="does not go into a day"):
        limits.allow("test", [], limit=1, per=datetime.timedelta(hours=7), at=NOON)


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_time_are_all_counted() -> None:
    def count(_: int) -> int:
        try:
            return limits.allow("test", ["here"], limit=10, per=HOUR, at=NOON).count
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        counts = sorted(threads.map(count, range(80)))
    assert counts == list(range(1, 81))


@pytest.mark.django_db
def test_nothing_in_the_row_tells_the_network_and_another_day_has_another_key() -> None:
    again_at = NOON.replace(hour=13, minute=0)
    keys = {
        limits.key_of("test", ["203.0.113.0/24"], again_at + days, HOUR) for days in (0 * HOUR, 24 * HOUR)
    }
    assert len(keys) == 2
    tries(1, "203.0.113.0/24")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM clinic_site_ratelimit")
        (row,) = cursor.fetchall()
    assert row == (limits.key_of("test", ["203.0.113.0/24"], again_at, HOUR), 1, again_at)
    assert "203" not in str(row[1:2])


@pytest.mark.django_db
def test_the_worker_deletes_counts_whose_time_is_over() -> None:
    tries(1, "old", at=NOON - HOUR)
    tries(1, "new")
    with acting_as(Role.WORKER):
        assert limits.forget_past_counts(at=NOON) == 1
    assert RateLimit.objects.get().expires_at > NOON


@pytest.mark.django_db
def test_the_workers_hourly_round_does_so() -> None:
    tries(1, "old")
    with acting_as(Role.WORKER):
        delete_what_has_expired()
    assert not RateLimit.objects.exists()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.77:50123", "203.0.113.0/24"),
        ("2001:db8:1:2345:6789::1", "2001:db8:1:2300::/56"),
        ("[2001:db8:1:2345::1]:443", "2001:db8:1:2300::/56"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "None"),
        ("unknown", "None"),
        ("203.0.113.077777", "None"),
        ("203.0.113.7\x00", "None"),
    ],
)
def test_an_address_is_cut_down_to_its_network(address: str, network: str) -> None:
    assert str(limits.network_of(RequestFactory().get("/", REMOTE_ADDR=address))) == network


@pytest.mark.parametrize(
    ("proxies", "passed_on", "network"),
    [
        (0, "198.51.100.9", "192.0.2.0/24"),  # no proxy of ours: the header is the visitor's own invention
        (1, "198.51.100.9", "198.51.100.0/24"),
        (
            1,
            "10.0.0.1, 127.0.0.1, 198.51.100.9",
            "198.51.100.0/24",
        ),  # what a visitor put before it counts for nothing
        (2, "203.0.113.5, 198.51.100.9, 10.1.1.1", "198.51.100.0/24"),
        (2, "203.0.113.5", "192.0.2.0/24"),  # past the outer proxy
        (1, "", "192.0.2.0/24"),
        (1, "nonsense", "None"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    settings: object, proxies: int, passed_on: str, network: str
) -> None:
    settings.TRUSTED_PROXIES = proxies  # type: ignore[attr-defined]
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=passed_on)
    assert str(limits.network_of(request)) == network


@pytest.mark.parametrize(
    ("address", "is_local"),
    [("127.0.0.1", True), ("::1", True), ("10.3.2.1", True), ("100.64.0.9", True), ("203.0.113.7", False),
     ("2001:db8::1", False), ("172.32.0.1", False)],
)  # fmt: skip
def test_a_local_address_is_no_visitors_network(address: str, is_local: bool) -> None:
    network = limits.network_of(RequestFactory().get("/", REMOTE_ADDR=address))
    assert network is not None
    assert limits.is_local(network) is is_local
