"""OpenAI-compatible servers as agents, through the official client.

The key is read from the environment at each call, given to the client, and to nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from labelwidget.errors import InvalidValueError, MissingExtraError, shown
from labelwidget.model import JsonValue

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["KEY_VARIABLES", "Endpoint", "checked_endpoint", "endpoint_agent"]


class _Chunk(Protocol):
    def model_dump(self, *, mode: str, exclude_none: bool) -> dict[str, JsonValue]: ...


class _Create(Protocol):
    """The part of the client's many overloads that is used here."""

    def __call__(
        self, *, model: str, messages: list[JsonValue], stream: bool, extra_body: dict[str, object]
    ) -> AbstractContextManager[Iterator[_Chunk]]: ...


KEY_VARIABLES = ("LABELWIDGET_AGENT_API_KEY", "OPENAI_API_KEY")
"""Where the key is looked for, in this order."""

RETRIES = 3
"""How often the client asks again after 408, 409, 429, 5xx or a broken connection; it waits longer each time."""


class Endpoint(NamedTuple):
    """A server and the model asked for."""

    base_url: str
    model: str


def checked_endpoint(address: str, agent_name: str = "") -> Endpoint:
    """Read the address of a server.

    Args:
        address: `https://host/v1?model=name`; without `model` the agent's name is the model. Addresses of the calls themselves
            (`…/chat/completions`, `…/serving-endpoints/name/invocations`) are taken too.
        agent_name: The model where the address names none.

    Raises:
        InvalidValueError: Not an address, or one that carries a password or key.
    """
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidValueError(
            f"model_serving_endpoint is {shown(address)}; pass an address like "
            "'http://localhost:8000/v1?model=my-model'."
        )
    query = dict(parse_qsl(parts.query))
    if parts.username or parts.password or set(query) - {"model"}:
        raise InvalidValueError(
            "model_serving_endpoint carries a user, a password or parameters other than 'model'. Addresses are kept and shown, "
            f"keys are not: set the environment variable {KEY_VARIABLES[0]} (or {KEY_VARIABLES[1]}) instead."
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    model = query.get("model", "")
    if path.endswith("/invocations") and "/serving-endpoints/" in path:
        path, _, served = path.removesuffix("/invocations").rpartition("/")
        model = model or served
    return Endpoint(urlunsplit((parts.scheme, parts.netloc, path, "", "")), model or agent_name)


def endpoint_agent(address: str, agent_name: str) -> Callable[..., object]:
    """A function that asks a server.

    Args:
        address: Its address.
        agent_name: The agent.

    Raises:
        MissingExtraError: The client is not installed.
    """
    endpoint = checked_endpoint(address, agent_name)
    try:
        import openai
    except ImportError:
        raise MissingExtraError(
            f"Agent {shown(agent_name)} is an OpenAI-compatible server, which is asked through the package openai. "
            "Run: pip install 'labelwidget[agents]'"
        ) from None

    def ask(
        messages: list[JsonValue], custom_inputs: dict[str, JsonValue] | None = None
    ) -> Iterator[object]:
        client = openai.OpenAI(
            base_url=endpoint.base_url, api_key=_key(), max_retries=RETRIES, timeout=600.0
        )
        with client:
            try:
                yield from _stream(client, endpoint, messages, custom_inputs, usage=True)
            except openai.BadRequestError:
                # Older servers refuse `stream_options`; where that was not the reason, this one is told.
                yield from _stream(client, endpoint, messages, custom_inputs, usage=False)

    return ask


def _key() -> str:
    for name in KEY_VARIABLES:
        if os.environ.get(name):
            return os.environ[name]
    return "none"  # local servers ask for no key, and the client insists on one


def _stream(
    client: OpenAI,
    endpoint: Endpoint,
    messages: list[JsonValue],
    custom_inputs: dict[str, JsonValue] | None,
    *,
    usage: bool,
) -> Iterator[object]:
    body: dict[str, object] = {"custom_inputs": custom_inputs} if custom_inputs else {}
    if usage:
        body["stream_options"] = {"include_usage": True}
    create = cast(_Create, client.chat.completions.create)
    with create(model=endpoint.model, messages=messages, stream=True, extra_body=body) as chunks:
        for chunk in chunks:
            yield chunk.model_dump(mode="json", exclude_none=True)
