"""The store on an MLflow tracking server.

Everything is kept in a store of our own first, a file on this machine, so that a label never waits for a server and is
never lost with one. What is in that file is written to MLflow by a thread of its own (`mirror.py`) from a persistent
outbox (`outbox.py`): sessions as runs, items as copied traces of the run, answers as assessments by HUMAN sources.

Read `mlflow_store.py` first. Only `server.py` and `queues.py` touch MLflow itself.
"""
