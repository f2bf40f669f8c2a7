"""Typed settings from `OPENMIND_*` variables; no secret has a default."""

import base64
import os
import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.vocabulary import Party, Role, WatchRule


class Environment(StrEnum):
    """What the service is run for; only a demo may generate its own secrets and set its clock."""

    PRODUCTION = "production"
    DEMO = "demo"


def is_safe(url: HttpUrl, environment: Environment) -> bool:
    """Whether an address may be called: with TLS, or in a demo on this machine."""
    is_at_home = url.host in ("127.0.0.1", "localhost", "[::1]")
    return url.scheme == "https" or (is_at_home and environment is Environment.DEMO)


class Issuer(BaseModel):
    """A further token issuer, such as a party's own identity provider; exactly one algorithm each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    audience: str
    algorithm: Annotated[str, Field(pattern=r"^(RS|ES)(256|384|512)$")]
    token_type: str = "at+jwt"  # noqa: S105  # a media type
    parties: Annotated[frozenset[Party], Field(min_length=1)]
    """Whose staff and systems it may speak for: one party's provider never names the other's."""
    jwks_url: HttpUrl | None = None
    jwks_file: Path | None = None
    username_claim: str = "sub"
    client_claim: str = "client_id"

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ValueError("give exactly one of jwks_url and jwks_file")
        return self


class WebhookReceiver(BaseModel):
    """A system that a party is told through: https alone, and a secret of its own to check signatures with.

    With `client` it is told of changes in that system's feed, and of nothing else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    party: Party
    client: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    url: HttpUrl
    secret_file: Path | None = None
    secret_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    ca_file: Path | None = None
    attempts: Annotated[int, Field(ge=1, le=100)] = 30
    """With the waits between them, about 19 hours."""

    @model_validator(mode="after")
    def _is_plain(self) -> Self:
        if (self.secret_file is None) == (self.secret_variable is None):
            raise ValueError("give exactly one of secret_file and secret_variable")
        if self.url.username or self.url.password or self.url.fragment:
            raise ValueError("url: without user, password and fragment")
        return self

    @property
    def audience(self) -> str:
        """Whose announcements it gets, as they are kept."""
        return self.party.value if self.client is None else f"system:{self.client}"

    def secret(self) -> bytes:
        """24 to 64 bytes, kept as `whsec_` and base64; ValueError names the receiver, and never what was found."""
        try:
            kept = self.secret_file.read_text() if self.secret_file else os.environ[self.secret_variable or ""]
            read = base64.b64decode(kept.strip().removeprefix("whsec_"), validate=True)
        except (OSError, KeyError, ValueError):
            raise ValueError(f"webhook receiver '{self.name}': its secret cannot be read; whsec_ and base64") from None
        if not 24 <= len(read) <= 64:
            raise ValueError(f"webhook receiver '{self.name}': a secret has 24 to 64 bytes")
        return read


class Broker(BaseModel):
    """A broker that a party runs already (NATS JetStream): changes in the feed of its system are published there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    party: Party
    client: Annotated[str, Field(min_length=1, max_length=60)]
    servers: Annotated[list[Annotated[str, Field(pattern=r"^(tls|nats)://[^\s/@]+$")]], Field(min_length=1)]
    subject: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]
    """Of a stream that is there: what nobody keeps is not taken for delivered."""
    credentials_file: Path | None = None
    ca_file: Path | None = None
    attempts: Annotated[int, Field(ge=1, le=100)] = 30

    @property
    def audience(self) -> str:
        """Whose announcements it gets, as they are kept."""
        return f"system:{self.client}"

    def is_safe(self, environment: Environment) -> bool:
        """Whether every server may be spoken to: with TLS, or in a demo on this machine."""
        at_home = re.compile(r"nats://(127\.0\.0\.1|localhost)(:\d+)?")
        return all(
            each.startswith("tls://") or (environment is Environment.DEMO and at_home.fullmatch(each) is not None)
            for each in self.servers
        )


VerifierKey = Annotated[str, Field(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$")]
"""A public key with its name, `name+id+key`, as `openmind audit key` prints it."""


class RetiredKey(BaseModel):
    """A key that once signed a log's checkpoints: its signature counts for those smaller than `from_size` alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: VerifierKey
    from_size: Annotated[int, Field(ge=0)]


class Witness(BaseModel):
    """A party's program that cosigns our checkpoints (C2SP tlog-witness), and the key that it does it with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: VerifierKey
    url: HttpUrl
    party: Party
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_plain(self) -> Self:
        if self.url.username or self.url.password or self.url.query or self.url.fragment:
            raise ValueError("url: without user, password, query and fragment")
        return self


class RotaDay(StrEnum):
    """A day on which somebody is on duty; a bank holiday is one whatever day of the week it is."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    BANK_HOLIDAY = "bank-holiday"


def _minutes(value: time) -> time:
    if value.second or value.microsecond or value.tzinfo:
        raise ValueError("a time of day in London, to the minute, such as 07:00")
    return value


TimeOfDay = Annotated[time, AfterValidator(_minutes)]


class Rota(BaseModel):
    """Who works when others do not, so that it is no alert; what ends before it begins goes on after midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=60)]
    usernames: frozenset[Annotated[str, StringConstraints(to_lower=True)]] = frozenset()
    roles: frozenset[Role] = frozenset()
    days: Annotated[frozenset[RotaDay], Field(min_length=1)]
    begins: TimeOfDay
    ends: TimeOfDay
    first_day: date | None = None
    last_day: date | None = None

    @model_validator(mode="after")
    def _is_somebodys(self) -> Self:
        if not self.usernames and not self.roles:
            raise ValueError("name usernames, roles or both: a rota of nobody in particular is working hours")
        return self


class Watch(BaseModel):
    """From which figure on a rule over the log raises an alert; docs/watching.md says why each is as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: frozenset[WatchRule] = frozenset(WatchRule)
    people_floor: Annotated[int, Field(ge=1)] = 50
    people_ratio: Annotated[float, Field(ge=1)] = 4
    people_deviations: Annotated[float, Field(ge=0)] = 6
    people_days: Annotated[int, Field(ge=1, le=366)] = 28
    people_peers: Annotated[int, Field(ge=1)] = 3
    people_alone: Annotated[int, Field(ge=1)] = 200
    surname_people: Annotated[int, Field(ge=1, le=1000)] = 5
    hours_begin: TimeOfDay = time(7)
    hours_end: TimeOfDay = time(20)
    hours_people: Annotated[int, Field(ge=0)] = 3
    rotas: tuple[Rota, ...] = ()
    refusal_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    follow_days: Annotated[int, Field(ge=1, le=366)] = 28

    @model_validator(mode="after")
    def _can_be_passed(self) -> Self:
        if self.people_alone < self.people_floor:
            raise ValueError("people_alone: not less than people_floor")
        if self.hours_end <= self.hours_begin:
            raise ValueError("hours_end: later than hours_begin; who works at night is on a rota")
        return self


class Chase(BaseModel):
    """How long a safety alert may wait for its acknowledgement; docs/safety-alerts.md says why each is as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    immediate_minutes: Annotated[int, Field(ge=2, le=1440)] = 60
    urgent_minutes: Annotated[int, Field(ge=2, le=10_080)] = 240
    routine_working_days: Annotated[int, Field(ge=1, le=20)] = 2
    look_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    """How often the service looks for alerts that somebody has to be told of."""


class Settings(BaseSettings):
    """Everything an operator can set; `openmind serve --help` and README name them."""

    model_config = SettingsConfigDict(env_prefix="OPENMIND_", extra="forbid", frozen=True)

    environment: Environment = Environment.PRODUCTION
    database_url: SecretStr = Field(description="sqlite:///path or postgresql://user:password@host/name")
    migration_database_url: SecretStr | None = Field(None, description="the schema owner's URL, if it is another role")
    database_role: str | None = Field(None, description="PostgreSQL role that the service acts as: openmind_service")
    issuer: str = Field(description="the `iss` of tokens made here: this service's own public URL")
    audience: str = Field("openmind", description="the `aud` that tokens must name")
    signing_key_file: Path = Field(description="PEM private key (P-384 or RSA 3072+) that signs access tokens")
    signing_key_id: str = Field("1", description="its `kid`")
    previous_public_keys: dict[str, Path] = Field(default_factory=dict, description="kid to PEM, still accepted")
    token_seconds: int = Field(900, ge=60, le=3600)
    issuers: list[Issuer] = Field(default_factory=list)
    agreements_dir: Path | None = Field(None, description="agreement files, if not the ones that come with the package")
    clock_start: AwareDatetime | None = Field(None, description="demo only: the moment at which the clock starts")
    webhooks: list[WebhookReceiver] = Field(default_factory=list, description="who is told what has to be announced")
    brokers: list[Broker] = Field(default_factory=list, description="where changes of a system's feed are published")
    log_origin: Annotated[str, Field(pattern=r"^[^\s+]{1,200}$")] = Field(
        description="the log's name in its checkpoints, such as probation.example/open-mind"
    )
    log_key_files: list[Path] = Field(
        min_length=1, description="JSON list: files of the keys that sign the log's checkpoints (openmind audit key)"
    )
    log_retired_keys: list[RetiredKey] = Field(default_factory=list, description="keys that signed them before")
    witnesses: list[Witness] = Field(default_factory=list, description="who cosigns the log's checkpoints")
    log_state_file: Path | None = Field(None, description="keeps the last cosigned checkpoint, outside of the database")
    watch: Watch = Field(default_factory=Watch, description="from which figures on a rule raises an alert")
    watch_minutes: int | None = Field(
        None, ge=1, le=1440, description="how often the service watches the log, if at all"
    )
    chase: Chase = Field(default_factory=Chase, description="how long a safety alert may wait to be acknowledged")
    log_archive: Path | None = Field(None, description="the folder with the months of the log that left the database")
    delivered_days: int = Field(
        30, ge=1, le=3650, description="days for which it is kept what receivers of webhooks and brokers have taken"
    )
    short_notice_hours: int = Field(
        24, ge=1, le=336, description="less notice than so many hours, and a cancellation is a short one"
    )
    report_file: Path | None = Field(
        None, description="what reports stand beside: the business case and a comparator (docs/reports.md)"
    )
    training_url: str | None = Field(
        None, pattern=r"^https?://[^\s]{1,300}$", description="where mental-health-awareness training is renewed"
    )
    body_limit: int = Field(65_536, ge=1_024, description="bytes of a request body")
    batch_limit: int = Field(104_857_600, ge=1_024, description="bytes of a batch's body, as it is sent")
    batch_bytes: int = Field(1_073_741_824, ge=1_024, description="bytes of a batch once it is inflated")
    batch_records: int = Field(1_000_000, ge=1, description="records of a batch")
    held_days: int = Field(
        180, ge=1, description="days for which a line is kept that waits for its person; see openmind retention held"
    )

    @model_validator(mode="after")
    def _clock_is_real(self) -> Self:
        if self.clock_start is not None and self.environment is not Environment.DEMO:
            raise ValueError("clock_start: only the demo's clock may be set; remove OPENMIND_CLOCK_START")
        return self

    @model_validator(mode="after")
    def _webhooks_are_safe(self) -> Self:
        names = [receiver.name for receiver in self.webhooks] + [broker.name for broker in self.brokers]
        if len(names) != len(set(names)):
            raise ValueError("webhooks and brokers: two receivers have one name")
        for receiver in self.webhooks:
            if not is_safe(receiver.url, self.environment):
                raise ValueError(f"webhooks: the URL of '{receiver.name}' has to begin with https://")
        for broker in self.brokers:
            if not broker.is_safe(self.environment):
                raise ValueError(f"brokers: the servers of '{broker.name}' have to begin with tls://")
        return self

    @model_validator(mode="after")
    def _witnesses_are_safe(self) -> Self:
        if self.witnesses and self.log_state_file is None:
            raise ValueError("log_state_file: where there are witnesses, set OPENMIND_LOG_STATE_FILE")
        for witness in self.witnesses:
            if not is_safe(witness.url, self.environment):
                name = witness.key.partition("+")[0]
                raise ValueError(f"witnesses: the URL of '{name}' has to begin with https://")
        return self

    @cached_property
    def clock(self) -> "Clock":
        """The service's clock: what time it is for consents, sentences and the log."""
        return Clock(self.clock_start)


class WitnessedLog(BaseModel):
    """A log that a witness cosigns: its name, the keys that sign it, and those that did before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Annotated[str, Field(pattern=r"^[^\s+]{1,200}$")]
    keys: Annotated[list[VerifierKey], Field(min_length=1)]
    retired: list[RetiredKey] = Field(default_factory=list)


class WitnessSettings(BaseSettings):
    """What `openmind audit witness` needs to know; docs/checkpoints.md names them."""

    model_config = SettingsConfigDict(env_prefix="OPENMIND_WITNESS_", extra="forbid", frozen=True)

    key_file: Path = Field(description="the key that cosigns (openmind audit key FILE --name NAME --witness)")
    logs: list[WitnessedLog] = Field(min_length=1, description="JSON list: origin, keys and retired of each log")
    state_dir: Path = Field(description="a folder of the witness's own; what it has cosigned is kept there")

    @model_validator(mode="after")
    def _logs_differ(self) -> Self:
        origins = [log.origin for log in self.logs]
        if len(origins) != len(set(origins)):
            raise ValueError("logs: two logs have one origin")
        return self


class Clock:
    """Tells the time in UTC; a demo's starts at another moment and runs on from there."""

    def __init__(self, start: datetime | None = None) -> None:
        self._shift = timedelta() if start is None else start - datetime.now(UTC)

    def __call__(self) -> datetime:
        """Now."""
        return datetime.now(UTC) + self._shift
