"""Retrieved documents in the many forms that retrievers and vector stores return them."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelwidget.content.json_text import decoded
from labelwidget.content.shapes.fields import JsonObject, items, mapping, string
from labelwidget.model import JsonValue

__all__ = ["FoundDocument", "read_documents", "read_query"]

_TEXT = (
    "page_content",
    "content",
    "text",
    "document",
    "body",
    "chunk",
    "snippet",
    "passage",
    "value",
)
_ID = ("id", "doc_id", "document_id", "_id", "node_id", "chunk_id", "id_")
_SOURCE = (
    "doc_uri",
    "source",
    "url",
    "uri",
    "title",
    "file_path",
    "path",
    "file_name",
    "filename",
    "link",
)
_SCORE = ("score", "relevance_score", "similarity", "_score", "rerank_score", "distance")
_METADATA = ("metadata", "meta", "payload", "extra_info")
_LISTS = (
    "documents",
    "docs",
    "retrieval.documents",
    "reranker.output_documents",
    "source_documents",
    "results",
    "matches",
    "nodes",
    "source_nodes",
    "hits",
    "chunks",
    "context",
    "contexts",
    "passages",
    "data",
    "output",
)
_QUERY = ("query", "question", "input", "search_query", "query_str", "text", "q", "queries")


@dataclass(slots=True)
class FoundDocument:
    """One document as it was found.

    Attributes:
        content: Its text, content parts or JSON; None when only an id is known.
        doc_id: The source's id, or empty.
        source: Where it is from, or empty.
        score: Similarity or relevance, or None.
        metadata: What is left of the object.
    """

    content: JsonValue = None
    doc_id: str = ""
    source: str = ""
    score: float | None = None
    metadata: JsonObject = field(default_factory=dict[str, JsonValue])


def read_documents(value: JsonValue) -> list[FoundDocument] | None:
    """The documents in a retriever's outputs.

    Args:
        value: The outputs.

    Returns:
        Documents in order of rank (possibly none), or None when the value holds no list of them.
    """
    value = decoded(value)
    if isinstance(value, list):
        return [_document(entry) for entry in value if entry is not None]
    if not isinstance(value, dict):
        return None
    columns = _columns(value)
    if columns is not None:
        return columns
    for key in _LISTS:
        inner = decoded(value.get(key))
        if isinstance(inner, dict):  # Elasticsearch: {"hits": {"hits": […]}}
            inner = decoded(inner.get(key))
        if isinstance(inner, list):
            return [_document(entry) for entry in inner if entry is not None]
    return None


def read_query(value: JsonValue) -> JsonValue:
    """What was asked: the text of a query when the inputs hold one, else the inputs as they are."""
    found = mapping(value)
    for key in _QUERY:
        query = found.get(key)
        if isinstance(query, str) and query:
            return query
    if len(found) == 1:
        return next(iter(found.values()))
    return value


def _columns(value: JsonObject) -> list[FoundDocument] | None:
    """Chroma and its kin give one list a column, within one list a query."""
    ids, texts = items(value.get("ids")), items(value.get("documents"))
    if not (ids or texts) or not all(isinstance(entry, list) for entry in [*ids, *texts]):
        return None
    metadatas, distances = items(value.get("metadatas")), items(value.get("distances"))
    found: list[FoundDocument] = []
    for query in range(max(len(ids), len(texts))):
        row_ids, row_texts = _at(ids, query), _at(texts, query)
        row_meta, row_distance = _at(metadatas, query), _at(distances, query)
        for rank in range(max(len(row_ids), len(row_texts))):
            entry: JsonObject = {
                "id": row_ids[rank] if rank < len(row_ids) else None,
                "content": row_texts[rank] if rank < len(row_texts) else None,
                "metadata": row_meta[rank] if rank < len(row_meta) else None,
                "distance": row_distance[rank] if rank < len(row_distance) else None,
            }
            found.append(_document({key: part for key, part in entry.items() if part is not None}))
    return found


def _at(rows: list[JsonValue], index: int) -> list[JsonValue]:
    return items(rows[index]) if index < len(rows) else []


def _document(value: JsonValue) -> FoundDocument:
    value = decoded(value)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], dict):
        pair = _document(value[0])  # (document, score)
        pair.score = _number(value[1]) if pair.score is None else pair.score
        return pair
    if not isinstance(value, dict):
        return FoundDocument(content=value)
    found = _unwrapped(value)
    metadata: JsonObject = {}
    for key in _METADATA:
        inner = decoded(found.get(key))
        if isinstance(inner, dict):
            del found[key]
            metadata.update(inner)
    document = FoundDocument(content=_content(found, metadata), doc_id=_taken(found, _ID))
    document.source = _taken(found, _SOURCE) or string(metadata, *_SOURCE)
    if document.source:
        _drop(metadata, document.source)
    for holder in (found, metadata):
        for key in _SCORE:
            if document.score is None and (score := _number(holder.get(key))) is not None:
                document.score = score
                del holder[key]
    left = {key: part for key, part in found.items() if part is not None and part != ""}
    document.metadata = {**left, **metadata}
    return document


def _unwrapped(value: JsonObject) -> JsonObject:
    """The document's own keys: OpenInference `document`, LlamaIndex `node`, `_source` of search."""
    found = dict(value)
    if "lc" in found and isinstance(found.get("kwargs"), dict):
        found = dict(mapping(found["kwargs"]))
    for wrapper in ("document", "node", "_source", "resource", "item"):
        inner = found.get(wrapper)
        if isinstance(inner, dict):
            del found[wrapper]
            found = {**found, **inner}
            break
    found = {key.removeprefix("document."): part for key, part in found.items()}
    if found.get("type") in ("Document", "document"):
        del found["type"]
    return found


def _content(found: JsonObject, metadata: JsonObject) -> JsonValue:
    """Take the text out of the object, or out of the metadata where vector stores keep it."""
    for key in _TEXT:
        if found.get(key) not in (None, ""):
            return found.pop(key)
    for key in _TEXT:
        if isinstance(metadata.get(key), str):
            return metadata.pop(key)
    return None


def _taken(found: JsonObject, keys: tuple[str, ...]) -> str:
    for key in keys:
        value = found.get(key)
        if isinstance(value, str) and value:
            del found[key]
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            del found[key]
            return str(value)
    return ""


def _drop(metadata: JsonObject, source: str) -> None:
    for key in _SOURCE:
        if metadata.get(key) == source:
            del metadata[key]
            return


def _number(value: JsonValue) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None
