"""Agents by name: added, replaced, removed, and missed in a way that says what to do."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import labelwidget as lw
from labelwidget.agents import registry
from labelwidget.agents.endpoint import Endpoint, checked_endpoint
from labelwidget.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from labelwidget.store.base import Store
from tests.agents.fakes import echo, parrot

ONE, OTHER = "http://localhost:1/v1", "http://localhost:2/v1"


def test_agents_are_listed_in_the_order_added() -> None:
    app = lw.get_review_app()
    assert app.agents == []
    app.add_agent(agent_name="b", agent=echo).add_agent(agent_name="a", model_serving_endpoint=ONE)
    assert app.agents == [
        lw.Agent(agent_name="b"),
        lw.Agent(agent_name="a", model_serving_endpoint=ONE),
    ]
    assert lw.get_review_app("0").agents == app.agents
    assert app.url == "labelwidget:///experiment/0"
    app.remove_agent("b")
    assert [agent.agent_name for agent in app.agents] == ["a"]


def test_the_same_again_changes_nothing_and_another_endpoint_needs_overwrite() -> None:
    app = lw.get_review_app().add_agent(agent_name="a", model_serving_endpoint=ONE)
    app.add_agent(agent_name="a", model_serving_endpoint=ONE)
    with pytest.raises(AlreadyExistsError, match="already exists with a different model serving"):
        app.add_agent(agent_name="a", model_serving_endpoint=OTHER)
    with pytest.raises(AlreadyExistsError, match="overwrite=True"):
        app.add_agent(agent_name="a", agent=echo)
    with pytest.warns(UserWarning, match="impacts any labeling sessions using this agent"):
        app.add_agent(agent_name="a", model_serving_endpoint=OTHER, overwrite=True)
    assert app.agents == [lw.Agent(agent_name="a", model_serving_endpoint=OTHER)]


def test_a_function_takes_the_place_of_the_one_before(store: Store) -> None:
    app = lw.get_review_app().add_agent(agent_name="a", agent=echo)
    app.add_agent(agent_name="a", agent=parrot)
    assert registry.resolve(store, "a") is parrot


def test_what_is_missing_is_said_with_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = lw.get_review_app()
    with pytest.raises(NotFoundError, match=r"Agent 'a' not found\. There are none yet"):
        app.remove_agent("a")
    with pytest.raises(NotFoundError, match=r"add_agent\(agent_name='a', agent=your_function\)"):
        lw.create_labeling_session("s", agent="a")
    app.add_agent(agent_name="a", agent=echo)
    # Another kernel knows the name, not the function.
    monkeypatch.setattr(registry, "_functions", {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = lw.create_labeling_session("s", agent="a").add_inputs(["x"])
    with pytest.raises(NotFoundError, match="has to be registered again in this kernel"):
        session.generate()
    app.add_agent(agent_name="a", agent=echo)
    assert session.generate().wait().done == 1


@pytest.mark.filterwarnings("ignore:Session 's' asks no questions")
def test_a_session_takes_a_function_and_names_it() -> None:
    session = lw.create_labeling_session("s", agent=echo)
    assert session.agent == "echo"
    assert lw.get_labeling_session(session.mlflow_run_id).agent == "echo"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"agent_name": ""}, "agent_name is ''"),
        ({"agent_name": "a"}, "either agent= .* or model_serving_endpoint="),
        ({"agent_name": "a", "agent": echo, "model_serving_endpoint": ONE}, "either agent="),
        ({"agent_name": "a", "agent": "echo"}, "pass a function"),
        ({"agent_name": "a", "model_serving_endpoint": "localhost"}, "pass an address"),
        ({"agent_name": "a", "model_serving_endpoint": "ftp://x/y"}, "pass an address"),
        ({"agent_name": "a", "model_serving_endpoint": "http://u:p@x/v1"}, "carries a user"),
        ({"agent_name": "a", "model_serving_endpoint": "http://x/v1?api_key=k"}, "carries a user"),
    ],
)
def test_what_cannot_be_an_agent_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        lw.get_review_app().add_agent(**given)  # type: ignore[arg-type]
    assert lw.get_review_app().agents == []


def test_another_experiment_is_another_store() -> None:
    with pytest.raises(InvalidValueError, match="belongs to experiment '0'"):
        lw.get_review_app("77")


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("http://h:1/v1?model=m", Endpoint("http://h:1/v1", "m")),
        ("http://h:1/v1/", Endpoint("http://h:1/v1", "name")),
        ("http://h:1/v1/chat/completions", Endpoint("http://h:1/v1", "name")),
        (
            "https://h/serving-endpoints/shop/invocations",
            Endpoint("https://h/serving-endpoints", "shop"),
        ),
    ],
)
def test_addresses_name_server_and_model(address: str, endpoint: Endpoint) -> None:
    assert checked_endpoint(address, "name") == endpoint
