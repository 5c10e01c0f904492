"""What every part of the store stands on."""

from __future__ import annotations

from gateway.domain.case_file import Mint
from gateway.storage.engine import Database
from gateway.storage.load import Loader
from gateway.storage.save import Saver


class Part:
    """A part of the store: one topic of the port over one database."""

    def __init__(self, db: Database, mint: Mint) -> None:
        self.db = db
        self.mint = mint
        self.loader = Loader(db, mint)
        self.saver = Saver(db)
