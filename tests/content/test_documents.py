"""Retrieved documents: rank, id, source, score and text, whatever the store calls them."""

from __future__ import annotations

import pytest

from labelwidget.content import to_blocks
from labelwidget.content.blocks import DocumentsBlock
from labelwidget.content.reading import MAX_DOCUMENTS
from labelwidget.model import Trace
from tests.builders import a_trace
from tests.content.reader import parts_text, read


def retrieved(outputs, inputs="q") -> DocumentsBlock:
    trace = a_trace(None).with_span("find", "RETRIEVER", inputs=inputs, outputs=outputs).build()
    (block,) = to_blocks(trace)
    assert isinstance(block, DocumentsBlock)
    return block


ONE = {"text": "Ann works here.", "id": "d1", "source": "http://a.example/1", "score": 0.5}


@pytest.mark.parametrize(
    "outputs",
    [
        [{"page_content": "Ann works here.", "id": "d1",
          "metadata": {"doc_uri": "http://a.example/1", "score": 0.5}}],
        [{"page_content": "Ann works here.", "type": "Document",
          "metadata": {"id": "d1", "source": "http://a.example/1", "relevance_score": 0.5}}],
        {"documents": [{"id": "d1", "score": 0.5, "content": "Ann works here.",
          "url": "http://a.example/1"}]},
        {"matches": [{"id": "d1", "score": 0.5,
          "metadata": {"text": "Ann works here.", "source": "http://a.example/1"}}]},
        {"source_nodes": [{"score": 0.5, "node": {"id_": "d1", "text": "Ann works here.",
          "metadata": {"file_path": "http://a.example/1"}}}]},
        {"hits": {"hits": [{"_id": "d1", "_score": 0.5,
          "_source": {"content": "Ann works here.", "url": "http://a.example/1"}}]}},
        {"ids": [["d1"]], "documents": [["Ann works here."]], "distances": [[0.5]],
         "metadatas": [[{"source": "http://a.example/1"}]]},
        [{"document.id": "d1", "document.content": "Ann works here.", "document.score": 0.5,
          "document.metadata": '{"source": "http://a.example/1"}'}],
        [[{"page_content": "Ann works here.", "id": "d1",
           "metadata": {"source": "http://a.example/1"}}, 0.5]],
        [{"lc": 1, "type": "constructor", "id": ["langchain", "Document"], "kwargs":
          {"page_content": "Ann works here.", "id": "d1",
           "metadata": {"url": "http://a.example/1", "score": 0.5}}}],
    ],
    ids=["mlflow", "langchain", "list-in-object", "pinecone", "llamaindex", "elasticsearch",
         "chroma", "openinference", "with-score", "langchain-lc"],
)  # fmt: skip
def test_one_document_of_every_store(outputs):
    (document,) = retrieved(outputs).documents
    assert (document.rank, document.doc_id or "d1") == (1, "d1")
    assert (document.source, document.score) == ("http://a.example/1", 0.5)
    assert parts_text(document.parts) == "Ann works here."


def test_documents_keep_their_order_and_their_other_fields():
    block = retrieved([{"text": "a", "chunk": 3}, "plain text", {"id": "x", "score": 1}])
    assert [d.rank for d in block.documents] == [1, 2, 3]
    assert [parts_text(d.parts) for d in block.documents] == ["a", "plain text", ""]
    assert block.documents[0].metadata is not None
    assert block.documents[0].metadata.json_text == '{"chunk":3}'
    assert (block.documents[2].doc_id, block.documents[2].score) == ("x", 1.0)


@pytest.mark.parametrize(
    ("inputs", "query"),
    [("who?", "who?"), ({"query": "who?", "k": 3}, "who?"), ({"x": "who?"}, "who?"), (None, "")],
)
def test_the_query_is_shown(inputs, query):
    assert parts_text(retrieved([ONE], inputs).query) == query


def test_a_retrieval_without_documents_says_so_by_an_empty_list():
    assert retrieved([]).documents == []
    assert retrieved(None).documents == []


def test_an_output_that_is_no_list_of_documents_is_still_shown():
    trace = a_trace(None).with_span("find", "RETRIEVER", outputs={"note": "index is empty"}).build()
    assert read(trace) == ["documents find(): ", "find · output · note: index is empty"]


def test_documents_stand_where_they_were_retrieved():
    trace = (
        a_trace()
        .asked("Who?")
        .with_retriever("Who?", [ONE])
        .with_tool("count", {}, "1")
        .with_retriever("Where?", [ONE, ONE])
        .answered("Here")
        .build()
    )
    kinds = [(b.kind, len(b.documents) if b.kind == "documents" else 0) for b in to_blocks(trace)]
    assert kinds == [("value", 0), ("documents", 1), ("tool", 0), ("documents", 2), ("value", 0)]


def test_many_documents_end_with_how_many_more_there_are():
    documents = retrieved([f"text {i}" for i in range(MAX_DOCUMENTS + 7)]).documents
    assert len(documents) == MAX_DOCUMENTS + 1
    assert parts_text(documents[-1].parts).startswith("7 more documents")


def test_a_retriever_that_fails_shows_its_error():
    trace = a_trace(None).with_span("find", "RETRIEVER", inputs="q", error="IOError: gone").build()
    assert isinstance(trace, Trace)
    assert read(trace) == ["documents find(q): ", "error find: IOError: gone"]
