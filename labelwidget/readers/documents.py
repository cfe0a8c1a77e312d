"""Retrieved documents in the one form that RETRIEVER spans have."""

from __future__ import annotations

from labelwidget.model import JsonValue
from labelwidget.readers.values import as_dict, as_list, as_number, as_text, first

__all__ = ["documents"]

_TEXTS = ("page_content", "pageContent", "content", "text", "document", "body", "snippet")
_IDS = ("id", "id_", "doc_id", "document_id", "node_id")
_SCORES = ("score", "similarity", "relevance_score", "similarity_score", "distance")


def documents(value: JsonValue) -> JsonValue:
    """The documents of a retrieval, or the value unchanged when it holds none.

    Understands LangChain documents (also in constructor form and as `[document, score]` pairs),
    LlamaIndex nodes with scores, and objects with the usual names, as a list or under `documents`,
    `source_documents`, `results`, `nodes`, `matches`, `output` or `docs`.

    Args:
        value: What a retriever returned.

    Returns:
        `[{"page_content", "metadata", "id", "score"}, …]`, each member only where it is known; what
        else a document holds stays in its metadata.
    """
    found = value
    if isinstance(value, dict):
        keys = ("documents", "source_documents", "results", "nodes", "matches", "output", "docs")
        found = next((value[key] for key in keys if isinstance(value.get(key), list)), None)
        # An object that says more than its documents stays whole: nothing may get lost.
        if found is None or len(value) > 1:
            return value
    parts = as_list(found)
    made = [_document(part) for part in parts]
    known: list[JsonValue] = [one for one in made if one is not None]
    return known if parts and len(known) == len(parts) else value


def _document(value: JsonValue) -> dict[str, JsonValue] | None:
    score: JsonValue = None
    if isinstance(value, list) and len(value) == 2 and as_number(value[1]) is not None:
        value, score = value[0], value[1]
    record = as_dict(value)
    if record.get("type") == "constructor" and isinstance(record.get("kwargs"), dict):
        record = as_dict(record["kwargs"])
    inner = record.get("node")
    if isinstance(inner, dict):
        score = first(record, *_SCORES) if score is None else score
        record = inner
    text_key = next((key for key in _TEXTS if isinstance(record.get(key), str)), None)
    if text_key is None:
        return None
    made: dict[str, JsonValue] = {"page_content": record[text_key]}
    used = {text_key}
    meta = record.get("metadata")
    others: dict[str, JsonValue] = {}
    if isinstance(meta, dict):
        used.add("metadata")
        others |= meta
    id_key = next((key for key in _IDS if isinstance(record.get(key), (str, int))), None)
    if id_key is not None and (as_text(record[id_key]) or isinstance(record[id_key], int)):
        made["id"] = record[id_key]
        used.add(id_key)
    score_key = next((key for key in _SCORES if as_number(record.get(key)) is not None), None)
    if score is None and score_key is not None:
        score = record[score_key]
        used.add(score_key)
    if score is not None:
        made["score"] = score
    for key, part in record.items():
        if key not in used and part not in (None, "", {}, []) and key not in others:
            others[key] = part
    if others:
        made["metadata"] = others
    return made
