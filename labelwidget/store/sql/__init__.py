"""The store on SQL databases. What is in here imports SQLAlchemy, so it is imported at the first connect, not before.

Read `tables.py` first, then `writer.py`; `sql_store.py` puts them together.
"""
