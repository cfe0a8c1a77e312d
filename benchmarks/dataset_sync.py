"""How long it takes to sync a session of 10,000 traces into a dataset: new, and again with nothing to change.

usage: dataset_sync.py [TRACES]
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

import labelwidget as lw

TRACES = 10_000


def measure(traces: int = TRACES) -> tuple[float, float, float]:
    """Seconds of the first sync, of the second, and of reading the dataset as a frame."""
    with tempfile.TemporaryDirectory() as folder:
        lw.connect(Path(folder) / "labels.db")
        session = lw.create_labeling_session("bench", label_schemas=[lw.EXPECTED_RESPONSE])
        inputs = [{"question": f"question {number}"} for number in range(traces)]
        session.add_traces(pd.DataFrame({"inputs": inputs, "outputs": "answer"}))
        times = [time.perf_counter()]
        for inserted, unchanged in ((traces, 0), (0, traces)):
            result = session.sync("bench")
            assert (result.inserted, result.unchanged) == (inserted, unchanged)
            times.append(time.perf_counter())
        assert len(lw.get_dataset("bench").to_df()) == traces
        times.append(time.perf_counter())
        lw.disconnect()
    first, second, frame = (after - before for before, after in itertools.pairwise(times))
    return first, second, frame


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TRACES
    first, second, frame = measure(count)
    print(f"{count:,} records: new {first:.2f} s, unchanged {second:.2f} s, to_df {frame:.2f} s")
