"""Staff find people at every moment: after an exchange of keys, while the memory is filled anew, when it is full."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_site.audit import AuditEvent
from clinic_site.roles import Role
from intake import actions, search, storage, worker
from intake.actions import searching
from intake.keys import Keyring, PrivateKey, Recipients
from intake.models import Priority, SearchEntry, Status, Submission
from intake.people import Term
from intake.process_keys import keyring, recipients
from tests.crises import sent
from tests.serving_roles import acting_as

pytestmark = pytest.mark.django_db

Exchange = Callable[..., PrivateKey]


@pytest.fixture(autouse=True)
def nobody_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that was just started."""
    monkeypatch.setattr(search, "in_memory", search.PeopleInMemory())


@pytest.fixture
def exchanged(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """The processes are started with a new key, beside the old one or in its place."""

    def exchange(*, beside: bool = True) -> PrivateKey:
        new = PrivateKey.generate()
        keys, to = Keyring([*keyring(), new] if beside else [new]), recipients().escrow
        monkeypatch.setattr(search, "keyring", lambda: keys)
        monkeypatch.setattr(search, "recipients", lambda: Recipients(new.public_key, to))
        monkeypatch.setattr(search, "in_memory", search.PeopleInMemory())
        return new

    return exchange


def entered(*names: str) -> list[Submission]:
    """Each sent a day after the one before."""
    those = [sent({"name": name}, ago=timedelta(days=len(names) - day)) for day, name in enumerate(names)]
    with acting_as(Role.WORKER):
        actions.look_at_new_submissions()
    return those


def enter() -> int:
    with acting_as(Role.WORKER):
        return actions.enter_missing_people()


def found(typed: str) -> set[UUID]:
    with acting_as(Role.STAFF):
        return set(search.find_people(Term.of(typed), by="nurse"))


def entered_under(key: PrivateKey) -> set[UUID]:
    return set(SearchEntry.objects.filter(key_id=key.id).values_list("submission", flat=True))


# An exchange of keys


def test_after_an_exchange_of_keys_everybody_is_found_at_every_moment(
    exchanged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    those = {one.pk for one in entered("Anna Ames", "Berta Ames", "Carla Ames")}
    monkeypatch.setattr(searching, "MOST_AT_ONCE", 1)
    new = exchanged()
    for done in (1, 2, 3):
        assert enter() == 1
        assert len(entered_under(new)) == done
        monkeypatch.setattr(search, "in_memory", search.PeopleInMemory())
        assert found("ames") == those
    assert enter() == 0


def test_open_forms_and_the_newest_are_entered_first(
    exchanged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, newer, newest_but_done = entered("Anna Ames", "Berta Ames", "Carla Ames")
    Submission.objects.filter(pk=newest_but_done.pk).update(status=Status.DECLINED)
    monkeypatch.setattr(searching, "MOST_AT_ONCE", 1)
    new, order = exchanged(), []
    while enter():
        order += [pk for pk in entered_under(new) if pk not in order]
    assert order == [newer.pk, old.pk, newest_but_done.pk]


def test_without_the_old_key_people_are_entered_from_what_they_sent(exchanged: Exchange) -> None:
    (one,) = entered("Anna Ames")
    new = exchanged(beside=False)
    assert found("ames") == set()
    assert enter() == 1
    assert (found("ames"), entered_under(new)) == ({one.pk}, {one.pk})
    event = AuditEvent.objects.filter(action="key", account="worker").latest("pk")
    assert (event.submissions, event.detail) == ([one.pk], "head")


def test_forms_that_no_longer_open_keep_nobody_from_being_found(
    exchanged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, broken = entered("Anna Ames", "Berta Ames")
    Submission.objects.filter(pk=broken.pk).update(priority=Priority.STOP)
    monkeypatch.setattr(searching, "MOST_AT_ONCE", 1)
    exchanged(beside=False)
    while enter():
        pass
    assert found("ames") == {good.pk}
    assert Submission.objects.get(opens=False) == broken, "the alarm tells of it"


def test_the_worker_goes_on_in_each_round_until_everybody_is_entered(
    exchanged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered("Anna Ames", "Berta Ames", "Carla Ames")
    monkeypatch.setattr(searching, "MOST_AT_ONCE", 1)
    new, rounds = exchanged(), []

    def pause(seconds: float) -> None:
        rounds.append(len(entered_under(new)))
        if len(rounds) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(worker, "sleep", pause)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    with acting_as(Role.ALL), pytest.raises(KeyboardInterrupt):
        worker.run()
    assert rounds == [1, 2, 3, 3]


# In memory


def test_when_the_memory_is_full_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_IN_MEMORY", 2)
    first, second, third = entered("Anna Ames", "Berta Ames", "Carla Ames")
    assert found("ames") == {second.pk, third.pk}
    (fourth,) = entered("Dora Ames")
    assert found("ames") == {third.pk, fourth.pk}


def test_who_is_entered_anew_after_a_decision_takes_nobodys_place(
    exchanged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, still_open = entered("Anna Ames", "Berta Ames")
    Submission.objects.filter(pk=done.pk).update(status=Status.DECLINED)
    monkeypatch.setattr(search, "MOST_IN_MEMORY", 1)
    exchanged()
    assert found("ames") == {still_open.pk}
    enter()
    assert found("ames") == {still_open.pk}


def test_a_search_while_another_fills_the_memory_anew_finds_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (one,) = entered("Anna Ames")
    memory = search.in_memory
    before = memory.everybody("nurse")
    seen: list[Any] = []
    read_entries = search.read_entries

    def slowly(rows: Any) -> Any:
        other = threading.Thread(target=lambda: seen.append(dict(memory.people)))
        other.start()
        other.join()
        return read_entries(rows)

    monkeypatch.setattr(search, "read_entries", slowly)
    memory.read_at = float("-inf")
    assert set(memory.everybody("nurse")) == set(before) == {one.pk}
    assert seen
    assert all(set(people) == {one.pk} for people in seen)


# What did not open


def test_what_never_opens_keeps_nobody_from_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    from intake.actions import sealing

    forged = [sent(ago=timedelta(hours=1)) for _ in range(3)]
    Submission.objects.update(priority=Priority.STOP)
    monkeypatch.setattr(sealing, "MOST_AT_ONCE", 1)
    new = sent()
    with acting_as(Role.WORKER):
        assert actions.look_at_new_submissions().opened == 1
        for _ in forged:
            actions.look_at_new_submissions()
        assert list(actions.try_again_what_does_not_open()) == [1, 1, 1]
        assert actions.look_at_new_submissions() == actions.FirstLook(0, 0)
    assert Submission.objects.get(opens=True) == new
    assert Submission.objects.filter(opens=False).count() == 3, "the alarm goes on meanwhile"


def test_what_opens_with_another_key_is_found_when_the_worker_is_started_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = storage.keyring()
    monkeypatch.setattr(storage, "keyring", lambda: Keyring([PrivateKey.generate()]))
    entered("Anna Ames")
    assert Submission.objects.filter(opens=False).count() == 1
    monkeypatch.setattr(storage, "keyring", lambda: right)
    with acting_as(Role.ALL):
        worker.run(once=True)
    assert not Submission.objects.filter(opens=False).exists()
    assert len(found("ames")) == 1
