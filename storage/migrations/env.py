"""Runs the migrations on the connection that storage.migrate hands in."""

from alembic import context

from storage.migrate import comparison

connection = context.config.attributes["connection"]
context.configure(connection=connection, **comparison(connection))
with context.begin_transaction():
    context.run_migrations()
