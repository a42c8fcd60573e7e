"""Passwords: which are refused, how they are kept, how much work a check is."""

from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from api.access import passwords

GOOD = "seven herons under glass"


@pytest.mark.parametrize(
    "password",
    [
        "short-one-1",
        "x" * 129,
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "password12345678",
        "P@ssw0rdP@ssw0rd",
        "Passw0rd1234",
        "qwertyuiop123456",
        "1q2w3e4r5t6z7u8i",
        "iloveyouiloveyou",
        "grace.hopper2026",
        "gracehoppergrace",
        "claimcheckadmin1",
        "123456789012345",
        "correcthorsebatterystaple",
        "            a",
        "line\nbreak in it now",
        "lone \ud800 surrogate",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert passwords.fault_of(password, name="grace.hopper") is not None


@pytest.mark.parametrize(
    "password",
    [GOOD, "xk7Qv9-mTz4w", "Größe der Brücke 7", "fünf Esel tanzen", "トマトは野菜でしょうか、確か"],
)
def test_what_is_not_is_taken(password: str) -> None:
    assert passwords.fault_of(password, name="grace.hopper") is None


def test_name_counts_only_as_a_whole() -> None:
    assert passwords.fault_of("xk7Qv9-mTz4w", name="x") is None
    assert passwords.fault_of("seven-herons", name="seven-herons") is not None


@given(st.text(max_size=200), st.text(max_size=90))
def test_any_text_gets_an_answer(password: str, name: str) -> None:
    fault = passwords.fault_of(password, name=name)
    assert fault is None or fault.endswith(".")


@given(st.integers(0, 10_000))
def test_random_passwords_are_good(_: int) -> None:
    assert passwords.fault_of(passwords.random_password(), name="ada") is None


def test_kept_as_argon2id_with_a_salt() -> None:
    kept = passwords.hashed(GOOD)
    assert kept.startswith("$argon2id$")
    assert kept != passwords.hashed(GOOD)
    assert GOOD not in kept
    assert passwords.fits(GOOD, kept)
    assert not passwords.fits(GOOD + " ", kept)


def test_the_same_letters_in_another_form_fit() -> None:
    kept = passwords.hashed("Größe der Brücke 7")
    assert passwords.fits("Gro\u0308ße der Bru\u0308cke 7", kept)


def test_nothing_fits_where_nothing_is_kept() -> None:
    assert not passwords.fits(GOOD, None)
    assert not passwords.fits(GOOD, "no hash")


def test_work_is_the_same_for_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            worked.append(str(hash))
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: hasher)
    passwords._nobodys.cache_clear()
    kept = passwords.hashed(GOOD)
    passwords.fits("x" * 128, kept)
    passwords.fits("x" * 128, None)
    passwords.fits("x" * 5_000, None)
    passwords._nobodys.cache_clear()
    assert len(worked) == 3
    assert len({parameters[:26] for parameters in worked}) == 1


def test_a_password_longer_than_allowed_never_fits() -> None:
    kept = passwords.hashed("y" * 128)
    assert not passwords.fits("y" * 129, kept)


def test_older_parameters_are_seen() -> None:
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert not passwords.outdated(passwords.hashed(GOOD))


def test_only_so_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_WAIT_SECONDS", 0.01)
    taken = [passwords._slots.acquire(blocking=False) for _ in range(passwords._AT_ONCE)]
    try:
        assert all(taken)
        with pytest.raises(passwords.TooManyAtOnce):
            passwords.fits(GOOD, None)
    finally:
        for _ in taken:
            passwords._slots.release()
