"""Accounts of the console: made, given a role, locked out, closed.

Every change writes its line into the audit.  Functions take the session
first and never commit, except :func:`sign_in` and :func:`change_password`:
a password is checked between two transactions, so that the work it takes
keeps nobody else from writing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.access import keyring, passwords, sessions
from api.access.actors import SYSTEM, Actor, of_user
from api.jobs import queueing
from api.review import audit
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import Role, User

FIRST_ADMIN = "admin"
FAILURES_IN_A_ROW = 10
LOCKED = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=1)
NAME_RULE = "2 to 80 signs: small letters, digits and . _ @ + -, beginning with a letter or digit."
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")


class AccountFault(ValueError):
    """An account cannot be made or changed as asked.

    Attributes:
        field: the field of the form that is wrong: ``name``, ``password``, ``role`` or ``account``.
        reason: a sentence that says why.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def everyone(session: Session) -> Sequence[User]:
    """Return all accounts by name."""
    return session.scalars(select(User).order_by(User.name)).all()


def by_name(session: Session, name: str) -> User | None:
    """Return the account of this name, however its letters are written."""
    return session.scalar(select(User).where(User.name == plain_name(name)))


def plain_name(name: str) -> str:
    """Return ``name`` as accounts write it; NUL, which PostgreSQL cannot compare, is in none of them."""
    return name.replace("\0", "\ufffd").strip().lower()[:200]


def create(
    session: Session, *, name: str, role: Role, actor: Actor, password: str | None = None
) -> tuple[User, str]:
    """Make an account and return it with its password, which its owner must change at the first sign-in.

    Args:
        session: where.
        name: see :data:`NAME_RULE`; taken in small letters.
        role: what it may do.
        actor: who makes it.
        password: without one, a random one is made.

    Raises:
        AccountFault: the name or password cannot be used.
    """
    plain = plain_name(name)
    if not _NAME.fullmatch(plain):
        raise AccountFault("name", NAME_RULE)
    chosen = password if password is not None else passwords.random_password()
    _require_good(chosen, name=plain)
    user = User(
        name=plain, password_hash=passwords.hashed(chosen), role=role.value, must_change_password=True
    )
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError:
        raise AccountFault("name", "There is an account of this name.") from None
    _note(session, user, actor=actor, action="account.created", role=role.value)
    return user, chosen


def ensure_first_admin(session: Session) -> str | None:
    """Make the account ``admin`` where there is no account at all, and return its password.

    Of several processes that start at once, one makes it and the others get
    None: the name is unique.
    """
    if session.scalar(select(func.count()).select_from(User)):
        return None
    try:
        _, password = create(session, name=FIRST_ADMIN, role=Role.ADMIN, actor=SYSTEM)
    except AccountFault:
        return None
    return password


def set_role(session: Session, user: User, role: Role, *, actor: Actor) -> None:
    """Give an account another role.

    Raises:
        AccountFault: it is the last admin.
    """
    if role is not Role.ADMIN:
        _require_another_admin(session, user)
    before, user.role = user.role, role.value
    _note(session, user, actor=actor, action="account.role_changed", before=before, after=role.value)


def deactivate(session: Session, user: User, *, actor: Actor) -> None:
    """Close an account, end its sign-ins and cancel its open jobs; what it did keeps its name.

    Raises:
        AccountFault: it is the last admin.
    """
    _require_another_admin(session, user)
    user.active = False
    sessions.end_all(session, user.id)
    keyring.revoke_browsers(session, user, actor=actor)
    owner = of_user(user_id=user.id, name=user.name, role=user.role)
    queueing.cancel_all_of(session, owner, actor=actor)
    _note(session, user, actor=actor, action="account.deactivated")


def reactivate(session: Session, user: User, *, actor: Actor) -> None:
    """Open a closed account again."""
    user.active = True
    user.failed_logins, user.locked_until = 0, None
    _note(session, user, actor=actor, action="account.reactivated")


def reset_password(session: Session, user: User, *, actor: Actor) -> str:
    """Give an account a random password that must be changed, end its sign-ins and its lock-out."""
    password = passwords.random_password()
    user.password_hash = passwords.hashed(password)
    user.must_change_password = True
    user.failed_logins, user.locked_until = 0, None
    sessions.end_all(session, user.id)
    # Whoever knew the old password may have made some.
    keyring.revoke_browsers(session, user, actor=actor)
    _note(session, user, actor=actor, action="account.password_reset")
    return password


def _require_good(password: str, *, name: str) -> None:
    fault = passwords.fault_of(password, name=name)
    if fault is not None:
        raise AccountFault("password", fault)


def _require_another_admin(session: Session, user: User) -> None:
    # The rows are locked, so that two admins cannot close each other at the same time.
    admins = select(User).where(User.role == Role.ADMIN.value, User.active.is_(True)).with_for_update()
    if {admin.id for admin in session.scalars(admins)} == {user.id}:
        raise AccountFault("account", "It is the last admin: make another one first.")


def _note(session: Session, user: User, *, actor: Actor, action: str, **details: str) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        object_kind="account",
        object_id=user.id,
        details={"name": user.name, **details},
    )


# --- signing in


def sign_in(database: Database, *, name: str, password: str) -> User | None:
    """Return the account that these are the name and password of; None for every kind of failure.

    Unknown name, wrong password, closed and locked accounts take the same
    work and say the same.  After ten failures in a row the account is locked
    for a quarter of an hour, and for longer at each further ten, up to one
    hour; while it is locked, the right password is refused as well.

    Raises:
        passwords.TooManyAtOnce: too many passwords are being checked.
    """
    with database.begin() as session:
        tried = _try(session, name)
    # The attempt is counted before the password is checked: many at once do not get more tries than ten.
    fits = passwords.fits(password, tried.password_hash if tried else None)
    if tried is None or not fits:
        return None
    fresh = passwords.hashed(password) if passwords.outdated(tried.password_hash) else None
    with database.begin() as session:
        return _succeed(session, tried, fresh_hash=fresh)


def _try(session: Session, name: str) -> User | None:
    user = session.scalar(select(User).where(User.name == plain_name(name)).with_for_update())
    if user is None or not user.active or (user.locked_until is not None and user.locked_until > now()):
        return None
    user.failed_logins += 1
    if user.failed_logins % FAILURES_IN_A_ROW == 0:
        rounds = user.failed_logins // FAILURES_IN_A_ROW
        user.locked_until = now() + min(LOCKED * 2 ** min(rounds - 1, 10), LONGEST_LOCK)
        _note(session, user, actor=SYSTEM, action="account.locked", failures=str(user.failed_logins))
    return user


def _succeed(session: Session, tried: User, *, fresh_hash: str | None) -> User | None:
    user = session.scalar(select(User).where(User.id == tried.id).with_for_update())
    if user is None or not user.active or user.password_hash != tried.password_hash:
        return None  # closed or changed while the password was being checked
    user.failed_logins, user.locked_until, user.last_login_at = 0, None, now()
    if fresh_hash is not None:
        user.password_hash = fresh_hash
    return user


def change_password(database: Database, user: User, *, current: str, new: str, actor: Actor) -> None:
    """Change the password of one's own account and end all of its sign-ins, this one included.

    Raises:
        AccountFault: ``current`` is wrong, or ``new`` cannot be used.
        passwords.TooManyAtOnce: too many passwords are being checked.
    """
    if not passwords.fits(current, user.password_hash):
        raise AccountFault("current", "This is not the password you have now.")
    if current == new:
        raise AccountFault("password", "It is the one you have now.")
    _require_good(new, name=user.name)
    kept = passwords.hashed(new)
    with database.begin() as session:
        own = session.get_one(User, user.id, with_for_update=True)
        if own.password_hash != user.password_hash:
            raise AccountFault("current", "It was changed meanwhile.")
        own.password_hash, own.must_change_password = kept, False
        sessions.end_all(session, own.id)
        _note(session, own, actor=actor, action="account.password_changed")
