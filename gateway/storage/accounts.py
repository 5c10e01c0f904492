"""People at the console, their sessions, and the filters they keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from gateway.application.accounts import IDLE, Account, SavedFilter, Session
from gateway.storage.account_tables import accounts, saved_filters, sessions
from gateway.storage.base import Part

_ACCOUNT = tuple(accounts.c.keys())
_SESSION = tuple(sessions.c.keys())
_FILTER = tuple(saved_filters.c.keys())


class AccountRows(Part):
    """Implements ``gateway.application.accounts.AccountStore``."""

    async def account(self, name: str) -> Account | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(accounts).where(accounts.c.name == name))
        return None if row is None else _account_of(row)

    async def accounts(self) -> list[Account]:
        async with self.db.glance() as tx:
            return [_account_of(row) for row in await tx.rows(select(accounts).order_by(accounts.c.name))]

    async def add_account(self, account: Account) -> bool:
        async with self.db.write() as tx:
            if await tx.one(select(accounts.c.name).where(accounts.c.name == account.name)) is not None:
                return False
            await tx.run(insert(accounts).values(_values(account, _ACCOUNT)))
        return True

    async def change_account(self, name: str, change: Callable[[Account], None]) -> Account | None:
        async with self.db.write() as tx:
            row = await tx.one(select(accounts).where(accounts.c.name == name).with_for_update())
            if row is None:
                return None
            account = _account_of(row)
            change(account)
            await tx.run(update(accounts).where(accounts.c.name == name).values(_values(account, _ACCOUNT[1:])))
        return account

    async def remove_account(self, name: str) -> bool:
        async with self.db.write() as tx:
            await tx.run(delete(sessions).where(sessions.c.account == name))
            await tx.run(delete(saved_filters).where(saved_filters.c.account == name))
            return await tx.run(delete(accounts).where(accounts.c.name == name)) > 0

    async def add_session(self, session: Session) -> None:
        gone = or_(sessions.c.expires_at <= session.created_at, sessions.c.seen_at <= session.created_at - IDLE)
        async with self.db.write() as tx:
            await tx.run(delete(sessions).where(gone))
            await tx.run(insert(sessions).values(_values(session, _SESSION)))

    async def session(self, token_hash: str) -> tuple[Session, Account] | None:
        query = select(sessions, accounts).join(accounts, accounts.c.name == sessions.c.account)
        async with self.db.glance() as tx:
            row = await tx.one(query.where(sessions.c.token_hash == token_hash))
        return None if row is None else (Session(*row[: len(_SESSION)]), _account_of(row[len(_SESSION) :]))

    async def seen_session(self, token_hash: str, at: datetime) -> None:
        async with self.db.write() as tx:
            await tx.run(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=at))

    async def end_session(self, token_hash: str) -> None:
        async with self.db.write() as tx:
            await tx.run(delete(sessions).where(sessions.c.token_hash == token_hash))

    async def end_sessions(self, account: str) -> None:
        async with self.db.write() as tx:
            await tx.run(delete(sessions).where(sessions.c.account == account))

    async def saved_filters(self, account: str, page: str) -> list[SavedFilter]:
        kept = saved_filters.c
        query = select(saved_filters).where(kept.account == account, kept.page == page).order_by(kept.name)
        async with self.db.glance() as tx:
            return [SavedFilter(*row) for row in await tx.rows(query)]

    async def save_filter(self, saved: SavedFilter) -> None:
        async with self.db.write() as tx:
            await tx.run(_of(saved.account, saved.page, saved.name))
            await tx.run(insert(saved_filters).values(_values(saved, _FILTER)))

    async def remove_filter(self, account: str, page: str, name: str) -> None:
        async with self.db.write() as tx:
            await tx.run(_of(account, page, name))


def _of(account: str, page: str, name: str) -> Any:
    kept = saved_filters.c
    return delete(saved_filters).where(kept.account == account, kept.page == page, kept.name == name)


def _account_of(row: Any) -> Account:
    account = Account(*row)
    account.scopes = frozenset(account.scopes)
    return account


def _values(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in names}
    return found | ({"scopes": sorted(found["scopes"])} if "scopes" in found else {})
