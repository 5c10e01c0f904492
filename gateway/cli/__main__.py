"""``python -m gateway.cli`` is ``darcha``."""

from gateway.cli.main import app

app()
