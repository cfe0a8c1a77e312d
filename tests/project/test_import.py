"""`import labelwidget` is quick and brings in nothing that waits for its use."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.import_time import GOAL, measure

# Optional packages, and those that come in at the first connection.
NOT_AT_IMPORT = ["alembic", "mlflow", "openai", "psycopg", "pyarrow", "sklearn", "sqlalchemy"]


def test_slow_and_optional_packages_wait_for_their_use():
    # pandas brings pyarrow in by itself where it is installed.
    code = (
        "import sys, pandas; before = set(sys.modules); import labelwidget; "
        f"print([name for name in {NOT_AT_IMPORT} if name in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_import_takes_little_more_than_what_it_stands_on():
    ratio, ours, base = measure(rounds=5)
    assert ratio <= GOAL, f"{ours:.2f} s of CPU, {base:.2f} s for the packages below"
