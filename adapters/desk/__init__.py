"""People as an agency: the plug-in ``desk``."""

from adapters.desk.adapter import DeskAdapter
from gateway.sdk import Manifest

manifest = Manifest(name="desk", title="Answered by clerks", make=DeskAdapter, people=True)

__all__ = ["DeskAdapter", "manifest"]
