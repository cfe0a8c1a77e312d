"""Foreign traces → `Trace`: one module a format, a registry that detects which.

```
from labelwidget.readers import read_traces

reader = read_traces("traces.jsonl.gz")
traces = list(reader)
print(reader.read, "read,", reader.refused_count, "refused")
```
"""

from __future__ import annotations

from labelwidget.readers.base import Record, Refusal
from labelwidget.readers.reading import TraceReader, read_traces
from labelwidget.readers.registry import FORMATS

__all__ = ["FORMATS", "Record", "Refusal", "TraceReader", "read_traces"]
