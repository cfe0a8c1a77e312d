"""Inspect's scores as assessments, the target as an expectation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labelwidget.model import Assessment, AssessmentKind, AssessmentSource, JsonValue
from labelwidget.readers.inspect_messages import Texts
from labelwidget.readers.values import as_dict, as_dicts, as_text, first, milliseconds

__all__ = ["assessments"]

_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})
_UNCHANGED = "UNCHANGED"


def assessments(sample: Mapping[str, JsonValue], texts: Texts) -> list[Assessment]:
    """All scores of a sample and its target.

    Args:
        sample: A sample of any version of the format.
        texts: Its attachments.
    """
    found: list[Assessment] = []
    scores = as_dict(texts.back(sample.get("scores")))
    single = as_dict(texts.back(sample.get("score")))
    if single and not scores:  # before several scorers were possible
        scores = {"score": single}
    for name, score in scores.items():
        record = as_dict(score)
        # The shortest form of a score is its value.
        found += _score(name, record) if "value" in record else [_plain(name, score)]
    target = texts.back(sample.get("target"))
    if target not in _EMPTY:
        found.append(
            Assessment(
                name="target",
                kind=AssessmentKind.EXPECTATION,
                value=target,
                source=AssessmentSource("CODE", "dataset"),
            )
        )
    return found


def _plain(name: str, value: JsonValue) -> Assessment:
    return Assessment(
        name=name,
        kind=AssessmentKind.FEEDBACK,
        value=value,
        source=AssessmentSource("CODE", name),
    )


def _score(name: str, score: Mapping[str, JsonValue]) -> Iterator[Assessment]:
    metadata = dict(as_dict(score.get("metadata")))
    if score.get("answer") not in _EMPTY:
        metadata["answer"] = score["answer"]
    # A scorer that asks a model keeps the talk with it, or says so in its name.
    judged = "model_graded" in name or "grading" in metadata
    history = as_dicts(score.get("history"))
    edits = [one for one in history if as_dict(one.get("provenance"))]
    made_by = AssessmentSource("LLM_JUDGE" if judged else "CODE", name)
    when = 0
    if edits:
        # The value that counts was set by whoever edited last; what was before goes before it.
        original = next((one for one in history if not as_dict(one.get("provenance"))), None)
        if original is not None and original.get("value") not in (None, _UNCHANGED):
            yield Assessment(
                name=name,
                kind=AssessmentKind.FEEDBACK,
                value=original["value"],
                rationale=_kept(original.get("explanation")),
                source=made_by,
                valid=False,
            )
        last = as_dict(edits[-1]["provenance"])
        made_by = AssessmentSource("HUMAN", as_text(last.get("author")) or "editor")
        when = milliseconds(last.get("timestamp")) or 0
        if as_text(last.get("reason")):
            metadata["reason"] = last["reason"]
    yield Assessment(
        name=name,
        kind=AssessmentKind.FEEDBACK,
        value=score.get("value"),
        rationale=as_text(first(score, "explanation")),
        source=made_by,
        metadata=metadata,
        create_time_ms=when,
    )


def _kept(text: JsonValue) -> str | None:
    found = as_text(text)
    return None if found == _UNCHANGED else found
