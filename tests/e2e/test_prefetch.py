"""Moving to a trace that is here already waits for nothing, in a session of ten thousand."""

from __future__ import annotations

from tests.e2e.notebook import OpenNotebook
from tests.e2e.widget import SCHEMAS, WIDGET, Widget, session_cell

# What the page asks of the kernel, like "trace 3"; while `held` is a list, nothing leaves the page.
SPY = """() => {
  window.sent = [];
  window.held = null;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    const op = text.match(/"op":\\s*"(\\w+)"(?:,\\s*"index":\\s*(\\d+))?/);
    if (op) window.sent.push([op[1], op[2]].join(" ").trim());
    if (window.held) window.held.push(() => send.call(this, data));
    else send.call(this, data);
  };
}"""

# The next trace is drawn before anything has left the page; returns what was to be sent by then.
PRESS = """async (number) => {
  const root = [...document.querySelectorAll(".jp-OutputArea-output *")]
    .map((host) => host.shadowRoot?.querySelector(".lw")).find(Boolean);
  window.sent.length = 0;
  window.held = [];
  root.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true, composed: true }));
  let drawn = false;
  for (let frame = 0; frame < 30 && !drawn; frame++) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    drawn = root.querySelector(".lw-trace")?.textContent.includes(`Question number ${number}?`) ?? false;
  }
  const sent = [...window.sent];
  const { held } = window;
  window.held = null;
  for (const go of held) go();
  return { drawn, sent };
}"""


def wait_until_quiet(notebook: OpenNotebook) -> list[str]:
    """The page has announced the trace and fetched ahead: it asks for nothing more. What it asked."""
    notebook.page.wait_for_function(
        """() => { const now = window.sent.length; const same = now === window.before;
            window.before = now; return same && window.sent.some((op) => op.startsWith("moved")); }""",
        polling=500,
    )
    return notebook.page.evaluate("() => [...window.sent]")


def test_a_prefetched_trace_is_drawn_before_anything_is_sent(open_notebook):
    notebook = open_notebook(SCHEMAS, session_cell('["helpful"]', traces=10_000), WIDGET)
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.page.evaluate(SPY)
    notebook.run_cell(2)
    widget = Widget(notebook.page)
    widget.focus()
    asked = wait_until_quiet(notebook)
    assert "trace 1" in asked
    for number in range(1, 5):
        seen = notebook.page.evaluate(PRESS, number)
        assert seen["drawn"]
        assert f"trace {number}" not in seen["sent"]
        later = wait_until_quiet(notebook)
        # It is announced once, and only what lies ahead and is not here yet is fetched.
        assert [op for op in later if not op.startswith("trace")] == [f"moved {number}"]
        fetched = [op for op in later if op.startswith("trace")]
        assert len(fetched) == len(set(fetched) - set(asked)) <= 3
        asked += later
    widget.expect_done(0, 10_000)
