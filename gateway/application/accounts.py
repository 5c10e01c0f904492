"""People at the console: accounts, signing in and out, the filters they keep.

Signing in tells nothing of who has an account: an unknown name takes the same time, is throttled the same way and gets
the same answer. Nobody can be locked out for long: after some wrong passwords in a row an account rests for seconds, a
minute at most, and tries during the rest neither count nor lengthen it. A session ends ``IDLE`` after it was last used
and ``LONGEST`` after it began.

    Refusal
    ├── NotLetIn        name and password do not fit, or the account rests or is disabled
    └── TooManyTries    this address has guessed too often; ``wait_secs`` says how long to wait
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from gateway.application.throttle import Throttle
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem, Refusal

ACTIVE: Final = "active"
DISABLED: Final = "disabled"
#: What an account may be allowed. ``operate`` includes ``read``; ``reveal`` shows personal data; ``desk`` needs an inbox.
SCOPES: Final = ("read", "operate", "desk", "reveal")
IDLE: Final = timedelta(hours=8)
LONGEST: Final = timedelta(hours=24)
#: So many characters a password has at least. Longer beats stranger.
SHORTEST_PASSWORD: Final = 12
_LONGEST_PASSWORD: Final = 200
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
#: Wrong passwords in a row that cost nothing; each further one doubles the rest, up to the longest.
_FREE: Final = 5
_LONGEST_REST: Final = timedelta(seconds=60)
#: A session is noted as seen at most so often: a page view is not to cost a write.
_SEEN_EVERY: Final = timedelta(minutes=1)
_MOST_FILTERS: Final = 50


class NotLetIn(Refusal):
    """Name and password do not fit. It is not said which, nor whether the account rests or is disabled."""

    def __init__(self) -> None:
        super().__init__("not_let_in", "name or password is wrong, or there were too many tries; wait a minute and try again")


class TooManyTries(Refusal):
    """This address has guessed too often. ``wait_secs``: when the next try will be looked at."""

    def __init__(self, wait_secs: int) -> None:
        super().__init__("too_many_tries", f"too many tries from this address; wait {wait_secs} s")
        self.wait_secs = wait_secs


@dataclass(slots=True)
class Account:
    """A person. ``failures`` are wrong passwords in a row; no password is looked at before ``locked_until`` (UTC)."""

    name: str
    password_hash: str = field(repr=False)
    scopes: Collection[str]
    bound_to: str
    language: str
    state: str
    created_at: datetime
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. ``csrf`` is what forms of this session carry. Times are UTC."""

    token_hash: str
    account: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    csrf: str = field(repr=False)

    def over(self, now: datetime) -> bool:
        """Return whether the session has ended: idle for too long, or simply old."""
        return now >= self.expires_at or now >= self.seen_at + IDLE


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A list as somebody wants to see it again: ``query`` is the query of the page's address."""

    account: str
    page: str
    name: str
    query: str


class Passwords(Protocol):
    """How passwords are kept."""

    async def hash(self, password: str) -> str:
        """Return what to store. Slow on purpose; runs beside the event loop."""
        ...

    async def fits(self, hashed: str, password: str) -> bool:
        """Return whether the password is the one. Slow on purpose, and as slow when ``hashed`` is empty."""
        ...

    def stale(self, hashed: str) -> bool:
        """Return whether the hash was made with weaker parameters than those of today."""
        ...


class AccountStore(Protocol):
    """What accounts ask of the database. Each call is one transaction."""

    async def account(self, name: str) -> Account | None: ...
    async def accounts(self) -> list[Account]:
        """Return all accounts, by name."""
        ...

    async def add_account(self, account: Account) -> bool:
        """Add an account; ``False`` when the name is taken, and then nothing has changed."""
        ...

    async def change_account(self, name: str, change: Callable[[Account], None]) -> Account | None:
        """Lock an account and change it; ``None`` when there is none."""
        ...

    async def remove_account(self, name: str) -> bool:
        """Remove an account with its sessions and filters."""
        ...

    async def add_session(self, session: Session) -> None:
        """Add a session, and remove those that have expired."""
        ...

    async def session(self, token_hash: str) -> tuple[Session, Account] | None: ...
    async def seen_session(self, token_hash: str, at: datetime) -> None: ...
    async def end_session(self, token_hash: str) -> None: ...
    async def end_sessions(self, account: str) -> None: ...
    async def saved_filters(self, account: str, page: str) -> list[SavedFilter]:
        """Return the filters that somebody keeps for a page, by name."""
        ...

    async def save_filter(self, saved: SavedFilter) -> None:
        """Keep a filter; one of the same name is replaced."""
        ...

    async def remove_filter(self, account: str, page: str, name: str) -> None: ...


class Accounts:
    """The use case. ``now`` is UTC. The throttle of addresses is this process's own."""

    def __init__(self, store: AccountStore, passwords: Passwords, now: Callable[[], datetime]) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now
        self._addresses = Throttle(20, timedelta(seconds=15), now)
        #: Unknown names rest as known ones do.
        self._strangers: dict[str, tuple[int, datetime | None]] = {}

    async def enter(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """Sign somebody in; return the token for the cookie, and the new session. Raises ``NotLetIn``, ``TooManyTries``."""
        wait = self._addresses.wait(address)
        if wait:
            raise TooManyTries(wait)
        name = _plain(name)
        account = await self._store.account(name)
        now = self._now()
        resting = account.locked_until if account is not None else self._strangers.get(name, (0, None))[1]
        if resting is not None and now < resting:
            self._addresses.failed(address)
            raise NotLetIn
        usable = account if account is not None and account.state == ACTIVE else None
        hashed = usable.password_hash if usable is not None else ""
        if not await self._passwords.fits(hashed, password[:_LONGEST_PASSWORD]) or usable is None:
            self._addresses.failed(address)
            await self._count(name, now, known=account is not None)
            raise NotLetIn
        fresh = await self._passwords.hash(password) if self._passwords.stale(hashed) else ""

        def let_in(account: Account) -> None:
            account.failures, account.locked_until = 0, None
            account.password_hash = fresh or account.password_hash

        if usable.failures or fresh:
            await self._store.change_account(name, let_in)
        token = secrets.token_urlsafe(32)
        session = Session(hash_token(token), name, now, now, now + LONGEST, secrets.token_urlsafe(24))
        await self._store.add_session(session)
        return token, session

    async def _count(self, name: str, now: datetime, *, known: bool) -> None:
        if not known:
            failures = self._strangers.get(name, (0, None))[0] + 1
            if len(self._strangers) > 10_000:
                self._strangers.clear()
            self._strangers[name] = (failures, _rests_until(failures, now))
            return

        def count(account: Account) -> None:
            account.failures += 1
            account.locked_until = _rests_until(account.failures, now)

        await self._store.change_account(name, count)

    async def who(self, token: str, *, touch: bool = True) -> tuple[Session, Account] | None:
        """Return whose session it is; ``None`` when it is over or was never there. ``touch``: a person used it just now."""
        found = await self._store.session(hash_token(token))
        if found is None:
            return None
        session, account = found
        now = self._now()
        if session.over(now) or account.state != ACTIVE:
            await self._store.end_session(session.token_hash)
            return None
        if touch and now - session.seen_at >= _SEEN_EVERY:
            await self._store.seen_session(session.token_hash, now)
            session = replace(session, seen_at=now)
        return session, account

    async def leave(self, token: str) -> None:
        """Sign out. A token that is not known changes nothing."""
        await self._store.end_session(hash_token(token))

    async def add(self, name: str, password: str, scopes: Collection[str], *, bound_to: str = "", language: str = "") -> Account:
        """Make an account. Raises ``BadInput``, or ``Conflict`` when the name is taken."""
        name = _plain(name)
        problems = [*_name_problems(name), *_password_problems(password), *_scope_problems(scopes, bound_to)]
        if problems:
            raise BadInput(problems)
        hashed = await self._passwords.hash(password)
        account = Account(name, hashed, frozenset(scopes), bound_to, language, ACTIVE, self._now())
        if not await self._store.add_account(account):
            raise Conflict("name_taken", f"there is an account {name!r} already; choose another name or remove it first")
        return account

    async def set_password(self, name: str, password: str) -> None:
        """Set a password and end all sessions of the account. Raises ``BadInput``, ``NotFound``."""
        if problems := _password_problems(password):
            raise BadInput(problems)
        hashed = await self._passwords.hash(password)

        def change(account: Account) -> None:
            account.password_hash, account.failures, account.locked_until = hashed, 0, None

        if await self._store.change_account(_plain(name), change) is None:
            raise _no_account(name)
        await self._store.end_sessions(_plain(name))

    async def set_state(self, name: str, state: str) -> None:
        """Disable an account, which ends its sessions, or let it in again. Raises ``NotFound``."""

        def change(account: Account) -> None:
            account.state = state

        if await self._store.change_account(_plain(name), change) is None:
            raise _no_account(name)
        if state != ACTIVE:
            await self._store.end_sessions(_plain(name))

    async def remove(self, name: str) -> None:
        """Remove an account, its sessions and its filters. What it did stays in the events. Raises ``NotFound``."""
        if not await self._store.remove_account(_plain(name)):
            raise _no_account(name)

    async def everybody(self) -> list[Account]:
        """Return all accounts, by name."""
        return await self._store.accounts()

    async def speak(self, name: str, language: str) -> None:
        """Note in which language somebody reads."""

        def change(account: Account) -> None:
            account.language = language

        await self._store.change_account(name, change)

    async def filters(self, account: str, page: str) -> list[SavedFilter]:
        """Return the filters that somebody keeps for a page."""
        return await self._store.saved_filters(account, page)

    async def keep_filter(self, account: str, page: str, name: str, query: str) -> None:
        """Keep a filter under a name; one of the same name is replaced. Raises ``BadInput``."""
        name = name.strip()
        if not name or len(name) > 60:
            raise BadInput([Problem("/name", "filter_name", "a filter has a name of 1 to 60 characters")])
        kept = await self._store.saved_filters(account, page)
        if len(kept) >= _MOST_FILTERS and name not in {each.name for each in kept}:
            raise BadInput([Problem("/name", "too_many_filters", f"{_MOST_FILTERS} filters are kept at most; remove one first")])
        await self._store.save_filter(SavedFilter(account, page, name, query[:2000]))

    async def drop_filter(self, account: str, page: str, name: str) -> None:
        """Forget a filter; one that is not there changes nothing."""
        await self._store.remove_filter(account, page, name)


def hash_token(token: str) -> str:
    """Return the hex SHA-256 under which a session is kept. The token has 256 bits of chance."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_password() -> str:
    """Return a password made here: 120 bits of chance, 20 letters, digits, ``-`` and ``_``."""
    return secrets.token_urlsafe(15)


def _plain(name: str) -> str:
    return name.strip().casefold()


def _rests_until(failures: int, now: datetime) -> datetime | None:
    over = failures - _FREE
    return None if over < 0 else now + min(_LONGEST_REST, timedelta(seconds=2 ** min(over, 10)))


def _name_problems(name: str) -> list[Problem]:
    if _NAME.fullmatch(name):
        return []
    return [Problem("/name", "account_name", "a name is 1 to 63 of a–z, 0–9, dot, dash and underscore, and begins with a letter")]


def _password_problems(password: str) -> list[Problem]:
    if SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        return []
    rule = f"a password has {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters; a few words in a row are a good one"
    return [Problem("/password", "password_length", rule)]


def _scope_problems(scopes: Collection[str], bound_to: str) -> list[Problem]:
    if not scopes:
        return [Problem("/scopes", "required", f"an account needs a scope: {', '.join(SCOPES)}")]
    if strange := sorted(set(scopes) - set(SCOPES)):
        return [Problem("/scopes", "enum", f"there is no scope {strange[0]!r}; there are {', '.join(SCOPES)}")]
    if "desk" in scopes and not bound_to:
        rule = "a desk needs to be bound to an AGENCY, an AGENCY/BRANCH or an office"
        return [Problem("/bound_to", "required", rule)]
    return []


def _no_account(name: str) -> NotFound:
    return NotFound("no_account", f"there is no account {name[:60]!r}")
