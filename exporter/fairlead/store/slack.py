"""Messages that wait for Slack, and those that it has; the limit of an hour is counted from here, after any restart."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from fairlead.core.limiter import HOUR, REPEAT, Key, Message, Next, Post, Told
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import slack_messages, slack_posts

WAITING, SENT, FOLDED, REPEATED, FAILED = "waiting", "sent", "folded", "repeated", "failed"
KEPT = timedelta(days=7)
_LATE = 2 * REPEAT
"""How old what was told may be to matter: six hours after it was sent, and it may have waited before."""


class SlackMessages:
    """The messages in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, receiver: str, model: str, channel: str, alerts: Iterable[Key], **facts: Any) -> int:
        """Keep a message; facts are its title, content, arrived_at and state. Its id."""
        values = {
            "receiver": receiver,
            "model": storable(model),
            "place": storable(f"{receiver}/{channel}"),
            "alerts": json.dumps(sorted(alerts)),
            "title": storable(facts["title"]),
            "content": facts["content"],
            "arrived_at": facts["arrived_at"],
            "state": facts["state"],
        }
        with self._database.writing() as connection:
            added = connection.execute(slack_messages.insert().values(**values).returning(slack_messages.c.id))
            return int(added.scalar_one())

    def models(self) -> list[str]:
        """Models that messages wait for, the oldest first."""
        line = slack_messages.c
        query = select(line.model).where(line.state == WAITING).group_by(line.model).order_by(func.min(line.id))
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def waiting(self, model: str, without: Iterable[str] = ()) -> list[Message]:
        """Messages of a model that wait, oldest first, but those for these receivers."""
        line = slack_messages.c
        query = select(slack_messages).where(
            line.state == WAITING, line.model == storable(model), line.receiver.not_in(list(without))
        )
        with self._database.reading() as connection:
            return [_message(row) for row in connection.execute(query.order_by(line.id))]

    def told(self, model: str, now: datetime) -> list[Told]:
        """What Slack was told of a model lately."""
        line = slack_messages.c
        query = select(line.alerts, line.arrived_at, line.sent_at).where(
            line.state.in_((SENT, FOLDED)), line.model == storable(model), line.sent_at > now - _LATE
        )
        with self._database.reading() as connection:
            return [Told(_keys(row.alerts), row.arrived_at, row.sent_at) for row in connection.execute(query)]

    def posts(self, model: str, now: datetime) -> list[Post]:
        """Places that are taken in the last hour of a model."""
        line = slack_posts.c
        query = select(line.at, line.critical).where(line.model == storable(model), line.at >= now - HOUR)
        with self._database.reading() as connection:
            return [Post(row.at, bool(row.critical)) for row in connection.execute(query)]

    def settle(self, now: datetime) -> None:
        """What a clock wrote before it was set back happened now: nothing waits for a time that is far away."""
        moments = (slack_posts.c.at, slack_messages.c.arrived_at, slack_messages.c.sent_at)
        with self._database.reading() as connection:
            ahead = [one for one in moments if connection.execute(select(func.count()).where(one > now)).scalar_one()]
        for column in ahead:
            with self._database.writing() as connection:
                connection.execute(column.table.update().where(column > now).values({column.name: now}))

    def find(self, number: int) -> tuple[str, str, str]:
        """Receiver, title and content of a message."""
        line = slack_messages.c
        query = select(line.receiver, line.title, line.content).where(line.id == number)
        with self._database.reading() as connection:
            row = connection.execute(query).one()
        return row.receiver, row.title, row.content

    def begin(self, chosen: Next, model: str, now: datetime) -> int:
        """Take a place in the hour, before anything is sent; its id."""
        values = {"message": chosen.message.id, "model": storable(model), "critical": int(chosen.message.critical)}
        with self._database.writing() as connection:
            added = connection.execute(slack_posts.insert().values(**values, at=now).returning(slack_posts.c.id))
            return int(added.scalar_one())

    def sent(self, post: int, chosen: Next, now: datetime) -> None:
        """Slack has it: its place is taken from now on."""
        carrier, line = chosen.message.id, slack_messages.c
        numbers = [one.id for one in chosen.folded]
        with self._database.writing() as connection:
            connection.execute(slack_posts.update().where(slack_posts.c.id == post).values(at=now))
            update = slack_messages.update().values(sent_at=now)
            connection.execute(update.where(line.id == carrier).values(state=SENT))
            connection.execute(update.where(line.id.in_(numbers)).values(state=FOLDED, carrier=carrier))

    def refused(self, post: int, chosen: Next, *, hopeless: bool) -> None:
        """Slack has it not: its place is free again. What Slack will never take waits no more."""
        with self._database.writing() as connection:
            connection.execute(slack_posts.delete().where(slack_posts.c.id == post))
            if hopeless:
                mine = slack_messages.c.id == chosen.message.id
                connection.execute(slack_messages.update().where(mine).values(state=FAILED))

    def outbox(self) -> dict[str, tuple[int, datetime]]:
        """Of each receiver how many messages wait, and when the oldest arrived."""
        line = slack_messages.c
        oldest = func.min(line.arrived_at, type_=line.arrived_at.type)
        query = select(line.receiver, func.count(), oldest).where(line.state == WAITING).group_by(line.receiver)
        with self._database.reading() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

    def prune(self, now: datetime) -> None:
        """Forget what was dealt with a week ago."""
        old, line = now - KEPT, slack_messages.c
        with self._database.writing() as connection:
            connection.execute(slack_messages.delete().where(line.state != WAITING, line.arrived_at < old))
            connection.execute(slack_posts.delete().where(slack_posts.c.at < old))


def _message(row: Row[Any]) -> Message:
    return Message(row.id, row.place, _keys(row.alerts), row.arrived_at)


def _keys(text: str) -> frozenset[Key]:
    return frozenset((metric, severity) for metric, severity in json.loads(text))
