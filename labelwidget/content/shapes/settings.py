"""Settings and bookkeeping of model calls: what stands beside the messages but was not said."""

from __future__ import annotations

from labelwidget.content.shapes.fields import JsonObject

__all__ = ["CALL_SETTINGS", "beside_messages"]

CALL_SETTINGS = frozenset(
    {
        "created",
        "created_at",
        "finish_reason",
        "frequency_penalty",
        "id",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "model",
        "modelVersion",
        "model_version",
        "n",
        "object",
        "parallel_tool_calls",
        "presence_penalty",
        "responseId",
        "response_format",
        "response_id",
        "seed",
        "service_tier",
        "status",
        "stop",
        "stop_reason",
        "stop_sequence",
        "stop_sequences",
        "stream",
        "stream_options",
        "system_fingerprint",
        "temperature",
        "tool_choice",
        "top_k",
        "top_p",
        "usage",
        "usageMetadata",
        "usage_metadata",
    }
)
"""Keys of requests and answers that are shown in Spans, not in the conversation."""


def beside_messages(rest: JsonObject) -> JsonObject:
    """What stands beside the messages and is worth reading: no settings, nothing empty."""
    return {
        key: part
        for key, part in rest.items()
        if key not in CALL_SETTINGS and part not in (None, "", [], {})
    }
