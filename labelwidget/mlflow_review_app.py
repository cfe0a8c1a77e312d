"""The review app of an MLflow experiment: its questions, and the agents that sessions may name."""

from __future__ import annotations

import warnings
from typing import NamedTuple, cast

from labelwidget.errors import InvalidValueError, NotFoundError, shown
from labelwidget.model import JsonValue, LabelSchema
from labelwidget.model.json import dumps_ascii, loads
from labelwidget.store.mlflow.mlflow_store import MlflowStore

__all__ = ["Agent", "ReviewApp"]

_AGENTS = "labelwidget.agents"


class Agent(NamedTuple):
    """An agent that answers.

    Attributes:
        agent_name: Its name.
        model_serving_endpoint: Where it is reached.
    """

    agent_name: str
    model_serving_endpoint: str


class ReviewApp:
    """See `mlflow.genai.labeling.ReviewApp`: one for each experiment.

    Args:
        store: The store of the experiment.
    """

    def __init__(self, store: MlflowStore) -> None:
        self._store = store

    @property
    def review_app_id(self) -> str:
        """The store that sessions are reviewed in."""
        return self._store.url

    @property
    def experiment_id(self) -> str:
        """The experiment."""
        return self._store.experiment_id

    @property
    def url(self) -> str:
        """How to name the app to others; never None."""
        return f"labelwidget:///experiment/{self._store.experiment_id}"

    @property
    def label_schemas(self) -> list[LabelSchema]:
        """The questions, in the order created."""
        return self._store.schemas()

    @property
    def agents(self) -> list[Agent]:
        """The agents, in the order added."""
        return [Agent(name, endpoint) for name, endpoint in self._agents().items()]

    def agent(self, agent_name: str) -> Agent:
        """An agent by name.

        Raises:
            NotFoundError: There is none.
        """
        found = self._agents()
        if agent_name not in found:
            raise NotFoundError(
                f"Agent {shown(agent_name)} not found. Add it first with get_review_app().add_agent(). There are: "
                f"{shown(list(found), 300)}."
            )
        return Agent(agent_name, found[agent_name])

    def add_agent(
        self, *, agent_name: str, model_serving_endpoint: str, overwrite: bool = False
    ) -> ReviewApp:
        """Add an agent; the same one again changes nothing.

        Args:
            agent_name: Its name.
            model_serving_endpoint: Where it is reached.
            overwrite: Replace the endpoint of an agent of this name.

        Returns:
            This review app.

        Raises:
            InvalidValueError: The name has another endpoint and `overwrite` is False.
        """
        found = self._agents()
        if found.get(agent_name) == model_serving_endpoint:
            return self
        if agent_name in found:
            if not overwrite:
                raise InvalidValueError(
                    f"Agent {shown(agent_name)} already exists with a different model serving endpoint. "
                    "Please use overwrite=True to replace it."
                )
            warnings.warn(
                f"Agent {shown(agent_name)} is replaced. This impacts any labeling sessions using this agent.",
                stacklevel=2,
            )
        self._write({**found, agent_name: model_serving_endpoint})
        return self

    def remove_agent(self, agent_name: str) -> ReviewApp:
        """Remove an agent.

        Raises:
            NotFoundError: There is none of this name.
        """
        self.agent(agent_name)
        self._write({name: at for name, at in self._agents().items() if name != agent_name})
        return self

    def _agents(self) -> dict[str, str]:
        text = self._store.server.experiment_tags().get(_AGENTS)
        found: JsonValue = loads(text) if text else {}
        pairs = cast("dict[str, JsonValue]", found) if isinstance(found, dict) else {}
        return {name: at for name, at in pairs.items() if isinstance(at, str)}

    def _write(self, agents: dict[str, str]) -> None:
        told: dict[str, JsonValue] = {**agents}
        self._store.server.tag_experiment(_AGENTS, dumps_ascii(told))

    def __repr__(self) -> str:
        """The experiment and how many agents."""
        return f"ReviewApp(experiment_id={self.experiment_id!r}, agents={len(self._agents())})"
