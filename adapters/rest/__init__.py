"""REST agencies described by an OpenAPI document: the plug-in ``rest``."""

from adapters.rest.adapter import RestAdapter
from adapters.rest.draft import draft
from adapters.rest.simulator import RestSimulator
from gateway.sdk import Manifest

manifest = Manifest(
    name="rest", title="REST by OpenAPI", make=RestAdapter, simulator=RestSimulator, contract="openapi", draft=draft
)

__all__ = ["RestAdapter", "RestSimulator", "manifest"]
