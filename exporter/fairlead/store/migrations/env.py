"""Run by Alembic with the connection that `fairlead.store.database` hands over."""

from alembic import context

from fairlead.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
