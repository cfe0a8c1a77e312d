"""How long `import labelwidget` takes beside the packages it cannot do without.

Prints the ratio of whole processes' CPU time, interleaved so that a busy machine slows both alike.
usage: import_time.py [ROUNDS]
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

OURS = "import labelwidget"
BASE = "import pandas, anywidget, pydantic"
ROUNDS = 9
GOAL = 1.25


def cpu_seconds(code: str) -> float:
    """User and system time of a fresh interpreter that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(rounds: int = ROUNDS) -> tuple[float, float, float]:
    """The median ratio of a round, and the median seconds of `OURS` and `BASE`."""
    for code in (OURS, BASE):
        cpu_seconds(code)  # once for the byte code and the disk cache
    pairs = [(cpu_seconds(OURS), cpu_seconds(BASE)) for _ in range(rounds)]
    return (
        statistics.median(ours / base for ours, base in pairs),
        statistics.median(ours for ours, _ in pairs),
        statistics.median(base for _, base in pairs),
    )


if __name__ == "__main__":
    ratio, ours, base = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(f"{OURS}: {ours:.2f} s, {BASE}: {base:.2f} s, ratio {ratio:.2f} (goal {GOAL})")
