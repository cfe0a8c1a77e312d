"""The traces of the quickstart: what a new user finds in them."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data"

SECRETS = re.compile(
    r"sk-[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|eyJ[A-Za-z0-9_-]{20,}\."
    r"|-----BEGIN|[Bb]earer [A-Za-z0-9._-]{16,}|xox[abp]-"
)
MACHINE = re.compile(
    r"/(?:tmp|home|root|work|opt|usr|Users|var)/|[A-Z]:\\\\|127\.0\.0\.1|localhost"
)


@pytest.fixture(scope="module")
def traces() -> list[dict[str, Any]]:
    lines = (DATA / "quickstart.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def spans(trace: dict[str, Any]) -> list[dict[str, Any]]:
    return trace["data"]["spans"]


def attribute(span: dict[str, Any], name: str) -> Any:
    """Read an attribute; MLflow writes each as JSON."""
    return json.loads(span["attributes"].get(name, "null"))


def kind(span: dict[str, Any]) -> str:
    return attribute(span, "mlflow.spanType")


def answer(trace: dict[str, Any]) -> str:
    chats = [span for span in spans(trace) if kind(span) == "CHAT_MODEL"]
    output = attribute(chats[-1], "mlflow.spanOutputs") if chats else None
    return (output["choices"][0]["message"]["content"] or "") if output else ""


def session(trace: dict[str, Any]) -> str | None:
    return trace["info"]["trace_metadata"].get("mlflow.trace.session")


def feedback(trace: dict[str, Any], source: str) -> dict[str, Any]:
    return {
        each["assessment_name"]: each["feedback"].get("value")
        for each in trace["info"].get("assessments", [])
        if each["source"]["source_type"] == source and "feedback" in each
    }


def test_there_are_enough_to_label_and_the_file_stays_small(traces: list[dict[str, Any]]) -> None:
    assert len(traces) >= 40
    assert (DATA / "quickstart.jsonl").stat().st_size < 700_000


def test_ids_are_unique_and_every_parent_exists(traces: list[dict[str, Any]]) -> None:
    trace_ids = [trace["info"]["trace_id"] for trace in traces]
    span_ids = [span["span_id"] for trace in traces for span in spans(trace)]
    assessment_ids = [
        each["assessment_id"] for trace in traces for each in trace["info"].get("assessments", [])
    ]
    for ids in (trace_ids, span_ids, assessment_ids):
        assert len(ids) == len(set(ids))
    for trace in traces:
        own = {span["span_id"] for span in spans(trace)}
        roots = [span for span in spans(trace) if span["parent_span_id"] is None]
        assert len(roots) == 1
        assert all(span["parent_span_id"] in own for span in spans(trace) if span not in roots)


def test_a_span_lies_within_its_parent_in_time(traces: list[dict[str, Any]]) -> None:
    for trace in traces:
        by_id = {span["span_id"]: span for span in spans(trace)}
        for span in spans(trace):
            assert span["start_time_unix_nano"] < span["end_time_unix_nano"]
            parent = by_id.get(span["parent_span_id"])
            if parent is not None:
                assert parent["start_time_unix_nano"] <= span["start_time_unix_nano"]
                assert span["end_time_unix_nano"] <= parent["end_time_unix_nano"]


def test_all_kinds_of_spans_occur_and_documents_are_complete(traces: list[dict[str, Any]]) -> None:
    kinds = Counter(kind(span) for trace in traces for span in spans(trace))
    assert set(kinds) >= {"AGENT", "CHAIN", "RETRIEVER", "CHAT_MODEL", "TOOL"}
    for trace in traces:
        for span in spans(trace):
            if kind(span) != "RETRIEVER" or span["status"]["code"] == "STATUS_CODE_ERROR":
                continue
            for document in attribute(span, "mlflow.spanOutputs"):
                assert document["page_content"]
                assert document["id"]
                assert document["metadata"]["doc_uri"].startswith("https://")
                assert 0 < document["metadata"]["score"] <= 1


def test_some_failed_with_an_exception_and_one_of_them_timed_out(
    traces: list[dict[str, Any]],
) -> None:
    failed = [trace for trace in traces if trace["info"]["state"] == "ERROR"]
    assert len(failed) >= 4
    types: set[str] = set()
    for trace in failed:
        events = [event for span in spans(trace) for event in span["events"]]
        exceptions = [event["attributes"] for event in events if event["name"] == "exception"]
        assert exceptions, trace["info"]["trace_id"]
        types.update(attributes["exception.type"] for attributes in exceptions)
    assert "APITimeoutError" in types
    assert len(types) >= 4


def test_a_tool_can_fail_without_the_request_failing(traces: list[dict[str, Any]]) -> None:
    assert any(
        trace["info"]["state"] == "OK"
        and any(
            kind(span) == "TOOL" and span["status"]["code"] == "STATUS_CODE_ERROR"
            for span in spans(trace)
        )
        for trace in traces
    )


def test_one_trace_calls_several_tools(traces: list[dict[str, Any]]) -> None:
    assert max(sum(kind(span) == "TOOL" for span in spans(trace)) for trace in traces) >= 3


def test_two_answers_are_long_and_use_markdown(traces: list[dict[str, Any]]) -> None:
    long = [text for text in map(answer, traces) if len(text) > 12_000]
    assert len(long) >= 2
    for text in long:
        for markdown in ("\n## ", "\n|---", "\n```python\n"):
            assert markdown in text


def test_there_is_an_empty_answer_and_there_is_right_to_left_text(
    traces: list[dict[str, Any]],
) -> None:
    answers = [answer(trace) for trace in traces if trace["info"]["state"] == "OK"]
    assert "" in answers
    assert any(re.search("[\u0600-\u06ff]", text) for text in answers)
    assert any(re.search("[\u0590-\u05ff]", text) for text in answers)


def test_turns_of_a_conversation_carry_the_history(traces: list[dict[str, Any]]) -> None:
    talks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for trace in traces:
        if (name := session(trace)) is not None:
            talks[name].append(trace)
    assert len(talks) >= 3
    for turns in talks.values():
        assert len(turns) >= 3
        times = [turn["info"]["request_time"] for turn in turns]
        assert times == sorted(times)
        for n, turn in enumerate(turns):
            messages = attribute(spans(turn)[0], "mlflow.spanInputs")["messages"]
            assert [message["role"] for message in messages] == ["user", "assistant"] * n + ["user"]
            if n:
                assert messages[-2]["content"] == answer(turns[n - 1])


def test_judges_labelled_two_thirds_and_people_some(traces: list[dict[str, Any]]) -> None:
    judged = [labels for trace in traces if (labels := feedback(trace, "LLM_JUDGE"))]
    assert len(judged) >= 2 / 3 * len(traces)
    assert {type(labels["correctness"]) for labels in judged if "correctness" in labels} >= {bool}
    passes = Counter(labels.get("correctness") for labels in judged)
    assert passes[True] >= 10
    assert passes[False] >= 5
    ratings = {labels["groundedness"] for labels in judged if "groundedness" in labels}
    assert ratings == {1, 2, 3, 4, 5}
    people = [labels for trace in traces if (labels := feedback(trace, "HUMAN"))]
    assert 5 <= len(people) < len(judged)
    assert any("expectation" in each for trace in traces for each in trace["info"]["assessments"])


def test_a_judge_and_a_person_disagree_somewhere(traces: list[dict[str, Any]]) -> None:
    both = [(feedback(trace, "LLM_JUDGE"), feedback(trace, "HUMAN")) for trace in traces]
    pairs = [
        (judge["correctness"], person["correctness"])
        for judge, person in both
        if "correctness" in judge and "correctness" in person
    ]
    assert any(judge == person for judge, person in pairs)
    assert any(judge != person for judge, person in pairs)


def test_usage_model_and_version_are_there(traces: list[dict[str, Any]]) -> None:
    models: set[str] = set()
    for trace in traces:
        assert trace["info"]["tags"]["app_version"]
        if trace["info"]["state"] == "OK":
            usage = json.loads(trace["info"]["trace_metadata"]["mlflow.trace.tokenUsage"])
            assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        models.update(attribute(span, "mlflow.llm.model") or "" for span in spans(trace))
    assert len(models - {""}) >= 2


@pytest.mark.parametrize("file", sorted(DATA.glob("*.json*")), ids=lambda file: file.name)
def test_no_secrets_and_no_paths_of_a_machine(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not SECRETS.findall(text)
    assert not MACHINE.findall(text)
    assert file.stat().st_size < 700_000
