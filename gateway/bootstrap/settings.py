"""What a deployment sets, as environment variables with the prefix ``DARCHA_``. Every default is safe for a laptop."""

from __future__ import annotations

import secrets
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment. Seconds and megabytes are said in the names."""

    model_config = SettingsConfigDict(env_prefix="DARCHA_", extra="ignore")

    data: Path = Field(default=Path("var"), description="folder of the embedded mode: database, keys, ledgers")
    database_url: str = Field(default="", description="postgresql://… or sqlite:///path; empty: SQLite under DARCHA_DATA")
    broker_url: str = Field(default="memory://", description="amqp://… or memory://")
    broker_prefix: str = Field(default="darcha", description="prefix of the queues, for several gateways on one broker")
    catalogue: Path | None = Field(default=None, description="folder that holds schemas/ and contracts/")
    host: str = "127.0.0.1"
    port: int = 8080
    health_port: int = Field(default=0, description="port of /healthz, /readyz and /metrics of a process without an api; 0: none")
    public_url: str = Field(default="", description="how agencies reach this gateway's api; empty: http://host:port")
    internal_url: str = Field(default="", description="how workers reach the api; empty: the public address")
    secret_key: str = Field(default="", description="signs references and access codes; empty: made and kept in DARCHA_DATA")
    first_key: str = Field(default="", description="API key to know at first start; empty in embedded mode: made and printed")
    first_account: str = Field(
        default="",
        description="name:password of an account of the console to make at first start; empty in embedded mode: made and printed",
    )
    secrets: Path | None = Field(default=None, description="folder of secret://agency/name files")
    alert_urls: str = Field(
        default="", description="addresses of the default receiver of alerts, separated by spaces: apprise's, or alertmanager://…"
    )
    alert_language: str = Field(default="en", pattern="^(uz|ru|ky|en)$")
    alert_wait_secs: float = Field(default=5.0, ge=0, description="how long an alert gathers incidents before it is told")
    alert_unsure_secs: float = Field(
        default=60.0, ge=0, description="the same for requests that fail one by one, which may turn out to be an outage"
    )
    alert_calm_secs: float = Field(default=30.0, ge=0, description="how long a cause has to be gone before its alert is over")
    alert_more_secs: float = Field(default=1800.0, gt=0, description="least time between two messages that an alert has grown")
    alert_repeat_secs: float = Field(default=4 * 3600.0, gt=0, description="when an alert nobody has acknowledged is told again")
    time_zone: str = Field(default="Asia/Tashkent", description="zone in which the hours of lanes are meant")
    send_within_secs: float = Field(default=30.0, gt=0, description="how long a release may wait in its lane")
    lease_margin_secs: float = Field(default=10.0, gt=0, description="what a lease adds to that and the agency's time-out")
    settle_secs: float = Field(default=60.0, ge=0, description="how long an expired clock waits for replies under way")
    time_jump_secs: float = Field(
        default=300.0, gt=0, description="when the database's time moves or differs by more, legal effects wait for a person"
    )
    unmatched_secs: float = Field(default=3600.0, gt=0, description="after that a callback that matches nothing is an incident")
    webhook_allow: str = Field(
        default="",
        description="hosts and networks that webhooks may go to besides the public ones, by http too, separated by spaces",
    )
    webhook_timeout_secs: float = Field(default=15.0, gt=0, le=120, description="how long a receiver may take to answer")
    trace_days: int = Field(
        default=7, ge=0, description="how long spans are kept in the database where no collector is configured; 0: none are"
    )
    trace_sample: float = Field(default=1.0, ge=0, le=1, description="the part of all traces that is kept there")
    max_body_mb: int = Field(default=20, gt=0)
    log: str = Field(default="console", pattern="^(console|json)$")
    log_level: str = "INFO"

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.data / 'darcha.db'}"

    @property
    def embedded(self) -> bool:
        """Whether everything runs in one process: SQLite and the in-process bus."""
        return self.broker_url.startswith("memory:")

    @property
    def public(self) -> str:
        """The public address, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def internal(self) -> str:
        """The address under which workers reach the api."""
        return (self.internal_url or self.public).rstrip("/")

    def secret(self) -> bytes:
        """Return the gateway's secret. Without ``DARCHA_SECRET_KEY`` one is made at first start, readable to us alone."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.data / "secret.key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip().encode()

    def catalogue_root(self) -> Path:
        """Return the folder of the catalogue: the deployment's own, else the reference catalogue beside the package."""
        if self.catalogue is not None:
            return self.catalogue.absolute()
        return Path(__file__).resolve().parents[2]
