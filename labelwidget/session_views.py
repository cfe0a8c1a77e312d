"""`session.render`: a user's own way to show spans."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from labelwidget.errors import InvalidValueError, shown
from labelwidget.store.base import Store

if TYPE_CHECKING:
    from labelwidget.widget.own_views import Render

__all__ = ["SessionViews"]


class SessionViews:
    """The part of a `LabelingSession` that is about views of the user's own."""

    @property
    def store(self) -> Store:
        """The store that keeps the session."""
        raise NotImplementedError

    @property
    def labeling_session_id(self) -> str:
        """The session's id."""
        raise NotImplementedError

    def render(
        self, *, tool: str | None = None, span_type: str | None = None, name: str | None = None
    ) -> Callable[[Render], Render]:
        """Draw spans in a way of your own, in the widgets of this process.

        ```
        @session.render(tool="sql")
        def _(span):
            return f"**{span.inputs['table']}**: `{span.inputs['query']}`"
        ```

        The function is given a `Span` (`name`, `inputs`, `outputs`, `attributes`, …) and returns Markdown, a dict or list (shown
        as JSON), a DataFrame, a matplotlib figure, a PIL image, the bytes of an image, `lw.HTML("…")`, or a list of these. When
        it raises, the reader sees the usual view with the reason. It takes the place of a tool call, a retrieval or a value; of a
        model call it stands above the messages. Widgets that are open already show it after `widget.refresh()`.

        Args:
            tool: For the calls of the tool with this name.
            span_type: For spans of this type, such as `"RETRIEVER"`.
            name: For spans with this name.

        Returns:
            A decorator. Of several views that fit a span the last one counts.

        Raises:
            InvalidValueError: Nothing says which spans, or the decorator is given no function.
        """
        from labelwidget.widget.own_views import OwnView, add_view

        given = [value for value in (tool, span_type, name) if value is not None]
        if not given or not all(isinstance(value, str) and value for value in given):
            raise InvalidValueError(
                'Say which spans: session.render(tool="sql"), render(span_type="RETRIEVER") or render(name="plan").'
            )

        def register(function: Render) -> Render:
            if not callable(function):
                raise InvalidValueError(
                    f"session.render(…) was put on {shown(function)}; put it on a function that takes a span."
                )
            view = OwnView(function, tool, span_type, name)
            add_view(self.store, self.labeling_session_id, view)
            return function

        return register
