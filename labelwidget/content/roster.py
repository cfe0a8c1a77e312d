"""Who takes part in a trace: which agents there are, how deep each span stands, who speaks."""

from __future__ import annotations

from labelwidget.content.tree import is_agent, is_model_call, is_tool, steps
from labelwidget.model import Span, Trace

__all__ = ["Roster"]


class Roster:
    """Facts about each span that need the whole tree.

    A sub-agent is indented under the agent or tool that started it. Agents side by side get a
    heading each and no indentation; an agent alone gets neither.
    """

    def __init__(self, trace: Trace) -> None:
        """Walk the trace once."""
        self._depth: dict[int, int] = {}
        self._wraps: set[int] = set()
        self._speaks: set[int] = set()
        self._own_words: set[int] = set()
        self._agents: list[Span] = []
        self._roots: set[int] = set()
        self._survey(trace)
        self._indent(trace)
        speaking = [span for span in self._agents if id(span) in self._own_words]
        self._several = len(speaking) > 1

    def depth(self, span: Span) -> int:
        """Indentation of the span's blocks."""
        return self._depth.get(id(span), 0)

    def wraps(self, span: Span) -> bool:
        """Whether another model call is made within this one, so that both hold the same."""
        return id(span) in self._wraps

    def speaks(self, span: Span) -> bool:
        """Whether a model call within the span says what happened in it."""
        return id(span) in self._speaks

    def heading(self, span: Span) -> bool:
        """Whether the span's part of the story begins with a heading."""
        return (
            self._several
            and is_agent(span)
            and id(span) in self._speaks
            and id(span) not in self._roots
        )

    def _survey(self, trace: Trace) -> None:
        above: list[Span] = []
        agents: list[Span] = []
        for step in steps(trace):
            span = step.span
            if not step.entering:
                above.pop()
                if is_agent(span):
                    agents.pop()
                continue
            if step.level == 0:
                self._roots.add(id(span))
            if is_model_call(span):
                if agents:
                    self._own_words.add(id(agents[-1]))
                self._mark(above)
            above.append(span)
            if is_agent(span):
                agents.append(span)
                self._agents.append(span)

    def _mark(self, above: list[Span]) -> None:
        for outer in reversed(above):
            if id(outer) in self._speaks:
                break  # and so is everything further up
            self._speaks.add(id(outer))
            if is_model_call(outer):
                self._wraps.add(id(outer))

    def _indent(self, trace: Trace) -> None:
        # One entry a span on the path: its depth, the depth of its children, and whether the
        # nearest agent or tool above is one that a sub-agent is indented under.
        path: list[tuple[int, bool]] = [(0, False)]
        for step in steps(trace):
            span = step.span
            if not step.entering:
                path.pop()
                continue
            if step.level == 0:
                path = [(0, False)]
            inner, indents = path[-1]
            if is_agent(span):
                inner += 1 if indents else 0
                indents = id(span) in self._own_words
            self._depth[id(span)] = inner
            if is_tool(span):
                # What runs within a tool stands under its call.
                inner, indents = inner + 1, False
            path.append((inner, indents))
