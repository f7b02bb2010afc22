"""The tables. The migrations make them; a test holds both equal."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class Moment(TypeDecorator[datetime]):
    """Aware datetimes, stored as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Drop the zone after converting to UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

baselines = Table(
    "baselines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("version", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("trigger", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("model_version", String(128)),
    Column("created_by", String(128), nullable=False),
    Column("author", String(256), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("approved_by", String(256)),
    Column("approved_role", String(32)),
    Column("approved_at", Moment),
    Column("activated_at", Moment),
    Column("archived_at", Moment),
    Column("source", Text, nullable=False),
    Column("samples", BigInteger, nullable=False),
    Column("distance", Text),
    Column("content_hash", String(64), nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("model", "version", name="baselines_model_version"),
)
Index(
    "baselines_one_active",
    baselines.c.model,
    unique=True,
    sqlite_where=baselines.c.state == "active",
    postgresql_where=baselines.c.state == "active",
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("model_version", String(128), nullable=False),
    Column("family", String(16), nullable=False),
    Column("window_start", Moment, nullable=False),
    Column("window_end", Moment, nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("baseline", String(32)),
    Column("samples", BigInteger, nullable=False),
    Column("failure", Text),
    Column("outcomes", Text, nullable=False),
)
Index("runs_latest", runs.c.model, runs.c.family, runs.c.window_end)
_analysed = text("failure IS NULL AND \"trigger\" = 'scheduled'")
Index(
    "runs_scheduled_once",
    runs.c.model,
    runs.c.family,
    runs.c.window_start,
    runs.c.window_end,
    unique=True,
    sqlite_where=_analysed,
    postgresql_where=_analysed,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("starts_at", String(40), nullable=False),
    Column("status", String(16), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("receiver", String(128), nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("fingerprint", "starts_at", "status", name="alerts_once"),
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("plan", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("state", String(256), nullable=False),
    Column("undated", BigInteger, nullable=False),
    Column("first", BigInteger),
    Column("last", BigInteger),
    Column("kept_at", Moment, nullable=False),
    Column("checksum", String(64), nullable=False),
    UniqueConstraint("model", "path", "plan", name="files_model_path_plan"),
)

partials = Table(
    "partials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file", Integer, ForeignKey("files.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("file", "day", name="partials_file_day"),
)

days = Table(
    "days",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("plan", String(64), nullable=False),
    Column("day", Date, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("model", "plan", "day", name="days_model_plan_day"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(256), nullable=False),
    Column("role", String(32), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("source", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

Index("audit_at", audit.c.at)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("role", String(32), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_by", String(256), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("digest", name="tokens_digest"),
)

answers = Table(
    "answers",
    metadata,
    Column("caller", String(256), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("kept_at", Moment, nullable=False),
)
Index("answers_kept_at", answers.c.kept_at)

Index(
    "runs_failed",
    runs.c.model,
    runs.c.family,
    runs.c.id,
    sqlite_where=runs.c.failure.is_not(None),
    postgresql_where=runs.c.failure.is_not(None),
)
Index("runs_window_end", runs.c.window_end)

checkins = Table(
    "checkins",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("ok_at", Moment),
    Column("failed_at", Moment),
    Column("status", String(8)),
    Column("message", Text),
    Column("reported_by", String(256)),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(256), primary_key=True),
    Column("holder", String(256), nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("taken_at", Moment, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wanted", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("families", Text, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("requested_by", String(256), nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("status", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("failure", Text),
    Column("done", Text, nullable=False),
    Column("runs", Text, nullable=False),
)
Index("requests_status", requests.c.status, requests.c.id)

reviewed = Table(
    "reviewed",
    metadata,
    Column("model", String(128), primary_key=True),
    Column("due_at", Moment, primary_key=True),
    Column("finished_at", Moment, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("month", String(7), nullable=False),
    Column("at", Moment, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("baseline", String(32)),
    Column("refreshed", String(32)),
    UniqueConstraint("model", "month", name="reviews_model_month"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("family", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("reopened_at", Moment),
    Column("recovered_at", Moment),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", String(256)),
    Column("assigned_to", String(256)),
    Column("resolved_at", Moment),
    Column("resolved_by", String(256)),
    Column("resolution", Text),
    Column("root_cause", String(32)),
    Column("category", String(32)),
    Column("requested_by", String(256)),
    Column("accepted_until", Moment),
    Column("postmortem_due", Moment),
    Column("postmortem_at", Moment),
    Column("postmortem_by", String(256)),
    Column("previous", Integer, ForeignKey("incidents.id")),
)
Index(
    "incidents_one_open",
    incidents.c.model,
    incidents.c.family,
    unique=True,
    sqlite_where=incidents.c.status.in_(("open", "acknowledged")),
    postgresql_where=incidents.c.status.in_(("open", "acknowledged")),
)
Index("incidents_latest", incidents.c.model, incidents.c.family, incidents.c.id)

incident_alerts = Table(
    "incident_alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, ForeignKey("incidents.id"), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
    UniqueConstraint("incident", "fingerprint", name="incident_alerts_once"),
)
Index("incident_alerts_fingerprint", incident_alerts.c.fingerprint, incident_alerts.c.incident)

incident_timeline = Table(
    "incident_timeline",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, ForeignKey("incidents.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(256), nullable=False),
    Column("role", String(32), nullable=False),
    Column("what", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("seconds", Float),
)
Index("incident_timeline_incident", incident_timeline.c.incident, incident_timeline.c.id)
Index("incident_timeline_what", incident_timeline.c.what)

log_files = Table(
    "log_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("day", Date, nullable=False),
    Column("name", String(128), nullable=False),
    Column("shape", String(64), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("arrived_at", Moment, nullable=False),
    Column("retired_at", Moment),
    UniqueConstraint("name", name="log_files_name"),
)
Index("log_files_live", log_files.c.model, log_files.c.kind, log_files.c.day)

log_batches = Table(
    "log_batches",
    metadata,
    Column("model", String(128), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("kept_at", Moment, nullable=False),
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("metric", String(64), nullable=False),
    Column("feature", String(128), nullable=False),
    Column("attribute", String(128), nullable=False),
    Column("rationale", Text, nullable=False),
    Column("requested_by", String(256), nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("status", String(16), nullable=False),
    Column("decided_by", String(256)),
    Column("decided_at", Moment),
    Column("decision", Text),
    Column("revoked_by", String(256)),
    Column("revoked_at", Moment),
    Column("revoked_because", Text),
    Column("incident", Integer, ForeignKey("incidents.id")),
)
Index("exceptions_subject", exceptions.c.model, exceptions.c.metric, exceptions.c.id)
Index("exceptions_until", exceptions.c.status, exceptions.c.until)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("models", Text, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", String(256), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_by", String(256)),
    Column("ended_at", Moment),
)
Index("maintenance_ends_at", maintenance.c.ends_at)
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("credential", String(256), nullable=False),
    Column("proof", String(64), nullable=False),
    Column("name", String(256), nullable=False),
    Column("role", String(32), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
Index("sessions_expires_at", sessions.c.expires_at)
digests = Table(
    "digests",
    metadata,
    Column("day", Date, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("message_id", String(256)),
)

slack_messages = Table(
    "slack_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("receiver", String(128), nullable=False),
    Column("model", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("alerts", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("arrived_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("sent_at", Moment),
    Column("carrier", Integer),
)
Index("slack_messages_state", slack_messages.c.state, slack_messages.c.arrived_at)

slack_posts = Table(
    "slack_posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", Integer, nullable=False),
    Column("model", Text, nullable=False),
    Column("critical", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
Index("slack_posts_at", slack_posts.c.at)

containment_calls = Table(
    "containment_calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False),
    Column("action", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ordered_by", String(256), nullable=False),
    Column("ordered_at", Moment, nullable=False),
    Column("incident", Integer, ForeignKey("incidents.id")),
    Column("since", Moment),
    Column("tries", Integer, nullable=False),
    Column("again_at", Moment),
    Column("delivered_at", Moment),
    Column("failure", Text),
    UniqueConstraint("incident", "since", name="containment_calls_once"),
)
Index("containment_calls_model", containment_calls.c.model, containment_calls.c.id)
