"""The migrations, run by Alembic; see `labelwidget.store.sql.migrate`."""
