"""Which spans hold a text."""

from __future__ import annotations

from labelwidget.content import find_spans
from tests.builders import a_trace, says, user


def test_names_inputs_and_outputs_are_searched_whatever_the_case():
    trace = (
        a_trace()
        .with_llm([user("Wo ist der Maßstab?")], says("hier"))
        .with_tool("lookup", {"Maßstab": [{"deep": {"x": "MASSSTAB massstab"}}], "n": 1234}, True)
        .build()
    )
    by_name = {span.span_id: span.name for span in trace.spans}

    def found(text: str) -> dict[str, int]:
        return {by_name[span_id]: n for span_id, n in find_spans(trace, text).items()}

    assert found("massstab")["lookup"] == 3
    assert found("LOOK")["lookup"] == 1
    assert found("23") == {"lookup": 1}
    assert found("nowhere") == {}
