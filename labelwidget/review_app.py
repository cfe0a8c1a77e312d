"""The review app: the agents and questions of a store, with the names of `mlflow.genai.labeling`.

```
import labelwidget as lw

def shop(messages):
    return {"role": "assistant", "content": "It arrives tomorrow."}

app = lw.get_review_app()
app.add_agent(agent_name="shop", agent=shop)
app.add_agent(agent_name="gpt", model_serving_endpoint="http://localhost:8000/v1?model=my-model")
session = lw.create_labeling_session("first look", agent="shop", label_schemas=["helpful"])
session.add_inputs([{"question": "Where is my parcel?"}]).generate().wait()
```
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from labelwidget.agents.registry import register, unregister
from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import LabelSchema
from labelwidget.review.reviewer import default_reviewer
from labelwidget.store import current_store
from labelwidget.store.base import Store

__all__ = ["Agent", "ReviewApp", "get_review_app"]


class Agent(BaseModel):
    """An agent that answers.

    Attributes:
        agent_name: Its name, unique in the store.
        model_serving_endpoint: Address of an OpenAI-compatible server; None for a Python function.
    """

    model_config = ConfigDict(frozen=True)

    agent_name: str
    model_serving_endpoint: str | None = None


class ReviewApp:
    """The agents and questions of a store; from `get_review_app`."""

    def __init__(self, store: Store) -> None:
        """Hold a store; use `get_review_app` instead."""
        self._store = store

    @property
    def review_app_id(self) -> str:
        """The store that sessions are reviewed in."""
        return self._store.url

    @property
    def experiment_id(self) -> str:
        """The MLflow experiment; `"0"` in a store of our own, which has just one."""
        return self._store.experiment_id

    @property
    def url(self) -> str:
        """How to name the app to others; never None."""
        return f"labelwidget:///experiment/{self._store.experiment_id}"

    @property
    def agents(self) -> list[Agent]:
        """The agents in the order created. Functions of other kernels are among them; they have to be registered here anew."""
        return [
            Agent(agent_name=info.agent_name, model_serving_endpoint=info.model_serving_endpoint)
            for info in self._store.agents()
        ]

    @property
    def label_schemas(self) -> list[LabelSchema]:
        """The questions of the store, in the order created."""
        return self._store.schemas()

    def add_agent(
        self,
        *,
        agent_name: str,
        agent: Callable[..., object] | None = None,
        model_serving_endpoint: str | None = None,
        overwrite: bool = False,
    ) -> ReviewApp:
        """Register an agent. The same again changes nothing; a function replaces the one of its name.

        Args:
            agent_name: 1–250 characters. It is kept in the store; the function is not.
            agent: A Python function: sync or async, taking messages in OpenAI's form (a parameter called `messages`) or the
                inputs by keyword, returning text, a message, a list of messages, a response of a model API or a dict, or
                yielding pieces of these.
            model_serving_endpoint: Or the address of an OpenAI-compatible server, `"http://localhost:8000/v1?model=name"`. Its
                key is read from the environment variable `LABELWIDGET_AGENT_API_KEY` or `OPENAI_API_KEY` at each call.
            overwrite: Replace an agent with another endpoint.

        Returns:
            This review app.

        Raises:
            AlreadyExistsError: The name is that of another endpoint and `overwrite` is False.
            InvalidValueError: Neither or both are given, or the address carries a password or key.
        """
        register(
            self._store,
            agent_name,
            agent=agent,
            endpoint=model_serving_endpoint,
            overwrite=overwrite,
            by=default_reviewer(),
        )
        return self

    def remove_agent(self, agent_name: str) -> ReviewApp:
        """Forget an agent; what it answered stays.

        Args:
            agent_name: Its name.

        Returns:
            This review app.

        Raises:
            NotFoundError: There is none of this name.
        """
        unregister(self._store, agent_name)
        return self

    def __repr__(self) -> str:
        """The store and the agents' names."""
        names = [agent.agent_name for agent in self.agents]
        return f"ReviewApp(review_app_id={self.review_app_id!r}, agents={shown(names, 300)})"


def get_review_app(experiment_id: str | None = None) -> ReviewApp:
    """The review app of the current store.

    Args:
        experiment_id: The store's experiment, or None for it.

    Returns:
        Its agents and questions.

    Raises:
        InvalidValueError: The store belongs to another experiment.
    """
    store = current_store()
    if experiment_id is not None and str(experiment_id) != store.experiment_id:
        raise InvalidValueError(
            f"experiment_id is {shown(experiment_id)}; the current store {store.url} belongs to experiment "
            f"{shown(store.experiment_id)}. Connect to the other one first: labelwidget.connect(…)."
        )
    return ReviewApp(store)
