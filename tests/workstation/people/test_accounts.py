"""Accounts: who may be let in, and who may let others in."""

from __future__ import annotations

import pytest

from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.people import accounts
from workstation.people.passwords import Costs, make_verifier, verifies
from workstation.store import Role, Store


def test_a_fitting_password_proves_the_account(store: Store, password: str) -> None:
    proof = accounts.authenticate(store, "engineer", password)
    assert (proof.account.display_name, proof.account.role) == ("Process Engineer", Role.ENGINEER)


@pytest.mark.parametrize("name", ["engineer", "nobody", "line"])
def test_unknown_name_wrong_password_and_no_password_sound_alike(store: Store, name: str) -> None:
    with pytest.raises(NotPermitted, match="Name and password do not fit"):
        accounts.authenticate(store, name, "wrong password")


def test_failures_are_journalled_and_lock_the_account(store: Store, password: str) -> None:
    for _ in range(3):
        with pytest.raises(NotPermitted, match="do not fit"):
            accounts.authenticate(store, "inspector", "wrong password", failures_before_lock=3)
    with pytest.raises(NotPermitted, match="is locked"):
        accounts.authenticate(store, "inspector", password, failures_before_lock=3)
    with store.read() as reader:
        verbs = [e.verb for e in reader.history("account", accounts.account(reader, "inspector").uid)]
    assert verbs == ["account.create", "account.fail", "account.fail", "account.lock"]
    with store.write("admin") as work:
        accounts.unlock(work, "inspector", "came in person")
    assert accounts.authenticate(store, "inspector", password).account.failures == 0


def test_a_success_forgets_earlier_failures(store: Store, password: str) -> None:
    with pytest.raises(NotPermitted):
        accounts.authenticate(store, "engineer", "wrong password")
    assert accounts.authenticate(store, "engineer", password).account.failures == 0


def test_the_journal_holds_no_verifier(store: Store) -> None:
    with store.read() as reader:
        entry = reader.history("account", accounts.account(reader, "engineer").uid)[0]
    assert "argon2" not in entry.changes
    assert list(entry.fields_changed()["verifier"][1]) == ["sha256"]


def test_a_deactivated_account_is_turned_away_at_the_door_but_stays_in_history(store: Store, password: str) -> None:
    with store.write("admin") as work:
        accounts.deactivate(work, "engineer", "left the company")
    with pytest.raises(NotPermitted, match="deactivated"):
        accounts.authenticate(store, "engineer", password)
    with pytest.raises(NotPermitted, match="deactivated"), store.write("engineer"):
        pass
    with pytest.raises(Refused, match="was given before"), store.write("admin") as work:
        accounts.create(work, "Engineer", "Somebody Else", Role.ENGINEER, password)


def test_a_stranger_cannot_write_once_there_are_accounts(store: Store) -> None:
    with pytest.raises(NotPermitted, match="no account 'setup'"), store.write("setup"):
        pass


@pytest.mark.parametrize("actor", ["engineer", "inspector", "line"])
def test_only_an_administrator_manages_accounts(store: Store, actor: str, password: str, cheap: Costs) -> None:
    with pytest.raises(NotPermitted, match="may not manage accounts"), store.write(actor) as work:
        accounts.create(work, "friend", "A Friend", Role.ENGINEER, password, costs=cheap)
    with pytest.raises(NotPermitted), store.write(actor) as work:
        accounts.change_role(work, actor, Role.ADMINISTRATOR, "I want to")
    with pytest.raises(NotPermitted), store.write(actor) as work:
        accounts.set_password(work, "admin", password, costs=cheap)


def test_the_last_administrator_stays(store: Store) -> None:
    with pytest.raises(Refused, match="last administrator"), store.write("admin") as work:
        accounts.deactivate(work, "admin", "holiday")
    with pytest.raises(Refused, match="last administrator"), store.write("admin") as work:
        accounts.change_role(work, "admin", Role.AUDITOR, "holiday")


def test_owners_set_their_own_password(store: Store, cheap: Costs) -> None:
    with store.write("inspector") as work:
        accounts.set_password(work, "inspector", "a wholly new one", costs=cheap)
    assert accounts.authenticate(store, "inspector", "a wholly new one").account.name == "inspector"


@pytest.mark.parametrize("wrong", ["short", "aaaaaaaaaaaaaaaaa", "x1y2" * 300])
def test_passwords_that_protect_nothing_are_refused(wrong: str) -> None:
    with pytest.raises(CallIsWrong):
        make_verifier(wrong)


def test_verifiers_are_argon2id_and_salted(password: str) -> None:
    one, other = make_verifier(password), make_verifier(password)
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$") and one != other
    assert verifies(one, password) and not verifies(one, password + " ")
    assert not verifies("no verifier", password)
    assert not verifies(None, "")


@pytest.mark.parametrize("name", ["", "a b", "-x", "é", "x" * 65, "a\n"])
def test_account_names_are_plain(store: Store, name: str, password: str) -> None:
    with pytest.raises(CallIsWrong, match="no account name"), store.write("admin") as work:
        accounts.create(work, name, "Somebody", Role.INSPECTOR, password)
