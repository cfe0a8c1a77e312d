"""A small OpenAI-compatible server on the loopback: streams, asks for tools, refuses, breaks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.refusals: list[int] = []
        """Status codes to answer with before anything else."""
        self.usage_refused = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.keys.append(self.headers.get("Authorization", ""))
        if self.server.refusals:
            code = self.server.refusals.pop(0)
            self._whole(code, {"error": {"message": f"refused with {code}"}})
            return
        if self.server.usage_refused and "stream_options" in body:
            self._whole(400, {"error": {"message": "unknown field stream_options"}})
            return
        self._stream(body)

    def _whole(self, code: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if code == 429:
            self.send_header("retry-after-ms", "10")
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        text = str(body["messages"][-1]["content"])
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if text.startswith("weather"):
            call = {"index": 0, "id": "call_1", "type": "function"}
            deltas.append(
                {"tool_calls": [{**call, "function": {"name": "weather", "arguments": ""}}]}
            )
            deltas += [
                {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}
                for part in ('{"city":', '"Paris"}')
            ]
        elif text == "echo key":
            deltas.append({"content": self.headers.get("Authorization", "")})
        else:
            deltas += [{"content": word + " "} for word in f"You said {text}".split()]
        for delta in deltas:
            self._chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        self._chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if "stream_options" in body:
            usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
            self._chunk({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, more: dict[str, Any]) -> None:
        base = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "served"}
        self.wfile.write(f"data: {json.dumps(base | more)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
