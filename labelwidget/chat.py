"""`ChatWidget`: talk to an agent before there is a session; keep the conversations when they are worth it.

```
chat = ChatWidget(agent)
chat                                            # type, watch the answer, stop, ask anew
session = chat.save_as_session("first try", label_schemas=["helpful"])
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from labelwidget.agents.registry import AgentFunction, name_of, register, resolve
from labelwidget.errors import AlreadyExistsError, InvalidValueError, shown
from labelwidget.labeling import start_session
from labelwidget.labeling_session import LabelingSession
from labelwidget.model import JsonValue, LabelSchema
from labelwidget.review.reviewer import default_reviewer
from labelwidget.store import current_store
from labelwidget.widget.review_widget import ReviewWidget
from labelwidget.widget.scratch import keep_conversations, new_conversation, scratch_store

__all__ = ["ChatWidget"]


class ChatWidget(ReviewWidget):
    """Talk to an agent: the conversation pane of `ReviewWidget` on its own.

    Nothing is kept beyond this kernel until `save_as_session`, or the button of that name; from then on what follows is kept too.
    """

    _chat_only = True

    def __init__(
        self,
        agent: str | Callable[..., object],
        *,
        height: int = 560,
        custom_inputs: Mapping[str, object] | None = None,
        allow_agent: bool | None = None,
    ) -> None:
        """Begin without a conversation.

        Args:
            agent: A Python function, or the name of an agent of the current store.
            height: Height in pixels, 320–4000.
            custom_inputs: A JSON dict passed to the agent.
            allow_agent: Whether the page may let the agent answer; None: in a notebook yes, on a Voila site no.

        Raises:
            NotFoundError: No agent has this name in the current store, or its function is not registered in this kernel.
            InvalidValueError: An argument breaks a rule.
        """
        scratch = scratch_store()
        self._function: AgentFunction
        if isinstance(agent, str):
            self._function, name = resolve(current_store(), agent), agent
            register(scratch, name, agent=self._function)
        else:
            name = name_of(scratch, agent, by=default_reviewer())
            self._function = agent
        self._name = name
        session = start_session(
            scratch, f"Chat with {name}"[:250], agent=name, enable_multi_turn_chat=True,
            custom_inputs=custom_inputs, no_questions=True,
        )  # fmt: skip
        self._saved_as: LabelingSession | None = None
        self._conversations = session
        super().__init__(session, height=height, snapshot="none", allow_agent=allow_agent)

    @property
    def session(self) -> LabelingSession:
        """The conversations so far; after `save_as_session` the session that keeps them."""
        return self._saved_as or self._conversations

    @property
    def messages(self) -> list[dict[str, JsonValue]]:
        """The conversation that is shown: `{"role": …, "content": …}` of each message."""
        if self.trace is None:
            return []
        from labelwidget.content import messages

        return [{"role": one.role, "content": one.text} for one in messages(self.trace)]

    def save_as_session(
        self,
        name: str,
        *,
        label_schemas: Sequence[str | LabelSchema] | None = None,
        assigned_users: Sequence[str] | None = None,
    ) -> LabelingSession:
        """Keep the conversations, with all branches and traces, as a labeling session in the current store.

        Args:
            name: Of the session.
            label_schemas: The questions in the order asked; `session.set_label_schemas` may follow later.
            assigned_users: Who may label; None or `[]` lets anybody.

        Returns:
            The session. The widget goes on in it.

        Raises:
            AlreadyExistsError: They were saved already.
            InvalidValueError: There is no conversation yet, or an argument breaks a rule.
            ConflictError: The agent is still answering.
        """
        if self._saved_as is not None:
            raise AlreadyExistsError(
                f"These conversations are kept already, as {shown(self._saved_as.name)}; what follows is kept there too."
            )
        if not len(self._conversations):
            raise InvalidValueError("There is no conversation yet. Ask something first.")
        store = current_store()
        if store.agent(self._name) is None:
            register(store, self._name, agent=self._function, by=default_reviewer())
        session = start_session(
            store, name, agent=self._name, label_schemas=label_schemas, assigned_users=assigned_users,
            enable_multi_turn_chat=True, custom_inputs=self._conversations.custom_inputs, no_questions=True,
        )  # fmt: skip
        info = self._conversations.info
        try:
            keep_conversations(self._conversations.store, info.session_id, store, session.info)
        except BaseException:
            store.purge_session(session.labeling_session_id)  # nothing half kept
            raise
        self._saved_as = session
        self._go_on_in(session)
        return session

    # Browser side --------------------------------------------------------------------------------------------------
    def _start_chat(self, text: str) -> str:
        store, session_id = self.session.store, self.session.labeling_session_id
        return new_conversation(store, session_id, text)

    def _save_chat(self, name: str) -> str:
        return self.save_as_session(name).name

    def __repr__(self) -> str:
        """The agent and where it is kept; no text of a conversation."""
        kept = "not saved" if self._saved_as is None else f"saved as {shown(self._saved_as.name)}"
        return f"ChatWidget({shown(self._name)}, conversations={len(self.session)}, {kept})"
