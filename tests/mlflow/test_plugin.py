"""`mlflow.genai.labeling` after `labelwidget.enable_mlflow_labeling()`, and after it was undone."""

from __future__ import annotations

from collections.abc import Iterator

import mlflow
import mlflow.genai
import mlflow.genai.label_schemas as schemas
import mlflow.genai.labeling as labeling
import pytest
from mlflow.entities import Trace
from mlflow.genai.labeling import stores

import labelwidget as lw
import labelwidget.mlflow
from labelwidget.errors import AlreadyExistsError, NotFoundError
from tests.mlflow.waiting import flush_traces

everywhere = pytest.mark.parametrize("tracking", ["sqlite", "http", "file"], indirect=True)


@pytest.fixture
def enabled(tracking: str) -> None:
    assert lw.enable_mlflow_labeling()


@pytest.fixture
def traces(tracking: str) -> list[Trace]:
    for number in range(3):
        with mlflow.start_span("app") as span:
            span.set_inputs({"q": f"Question {number}"})
            span.set_outputs(f"Answer {number}")
    flush_traces()
    return mlflow.search_traces(return_type="list")


@everywhere
def test_sessions_work_as_on_databricks(enabled: None, traces: list[Trace]):
    schemas.create_label_schema(
        name="quality", type="feedback", title="Good?", input=schemas.InputCategorical(options=["Yes", "No"]), overwrite=True
    )  # fmt: skip
    session = labeling.create_labeling_session(
        name="first", assigned_users=["a@b.c"], label_schemas=["quality", schemas.EXPECTED_FACTS]
    )

    assert isinstance(session, labeling.LabelingSession)
    assert isinstance(session, lw.LabelingSession)
    assert (session.name, session.assigned_users, session.label_schemas) == ("first", ["a@b.c"], ["quality", "expected_facts"])  # fmt: skip
    assert session.agent is None
    assert session.custom_inputs is None
    assert session.enable_multi_turn_chat is False
    assert session.mlflow_run_id == session.labeling_session_id
    assert session.experiment_id == mlflow.get_run(session.mlflow_run_id).info.experiment_id
    assert session.url
    assert session.review_app_id

    assert session.add_traces(mlflow.search_traces()) is session
    session.add_traces([traces[0], traces[1].to_json()])
    assert len(session) == 3
    assert len(mlflow.search_traces(run_id=session.mlflow_run_id)) == 3

    assert session.set_assigned_users(["x@y.z"]) is session
    assert session.assigned_users == ["x@y.z"]
    assert [one.name for one in labeling.get_labeling_sessions()] == ["first"]
    assert labeling.get_labeling_session(session.mlflow_run_id).assigned_users == ["x@y.z"]

    labeling.delete_labeling_session(session)
    assert labeling.get_labeling_sessions() == []


@everywhere
def test_label_schemas_take_titles_lists_and_overwrite(enabled: None):
    made = schemas.create_label_schema(
        name="facts", type="expectation", title="What must be in it?", input=schemas.InputTextList(max_length_each=50, max_count=5)
    )  # fmt: skip
    assert isinstance(made, schemas.LabelSchema)
    assert (made.name, made.title, made.type) == ("facts", "What must be in it?", "expectation")
    schemas.create_label_schema(
        name="problems", type="feedback", title="Problems", input=schemas.InputCategoricalList(options=["a", "b"])
    )  # fmt: skip

    with pytest.raises(AlreadyExistsError, match="overwrite=True"):
        schemas.create_label_schema(name="facts", type="expectation", title="T", input=schemas.InputTextList())  # fmt: skip
    again = schemas.create_label_schema(
        name="facts", type="expectation", title="Facts", input=schemas.InputTextList(), overwrite=True
    )  # fmt: skip
    assert again.title == "Facts"
    found = schemas.get_label_schema("facts")
    assert (found.title, type(found.input)) == ("Facts", schemas.InputTextList)
    assert schemas.get_label_schema(schemas.EXPECTED_RESPONSE).input == schemas.InputText()
    schemas.delete_label_schema("facts")
    with pytest.raises(NotFoundError, match="facts"):
        schemas.get_label_schema("facts")


def test_a_schema_that_mlflow_can_hold_is_there_for_its_review_queues(enabled: None):
    made = schemas.create_label_schema(
        name="good", type="feedback", title="Good?", input=schemas.InputPassFail("Yes", "No")
    )

    assert made.schema_id in [one.schema_id for one in schemas.list_label_schemas()]
    assert schemas.get_label_schema(schema_id=made.schema_id).name == "good"


@everywhere
def test_the_review_app_keeps_agents_by_name(enabled: None, traces: list[Trace]):
    app = labeling.get_review_app()
    app = app.add_agent(
        agent_name="bot", model_serving_endpoint="https://agents.example/v1?model=a"
    )
    app.add_agent(agent_name="bot", model_serving_endpoint="https://agents.example/v1?model=a")
    with pytest.raises(ValueError, match="overwrite=True"):
        app.add_agent(agent_name="bot", model_serving_endpoint="https://agents.example/v1?model=b")
    with pytest.warns(UserWarning, match="impacts any labeling sessions"):
        app.add_agent(
            agent_name="bot",
            model_serving_endpoint="https://agents.example/v1?model=b",
            overwrite=True,
        )

    again = mlflow.genai.get_review_app()
    found = [(one.agent_name, one.model_serving_endpoint) for one in again.agents]
    assert found == [("bot", "https://agents.example/v1?model=b")]
    assert again.experiment_id == app.experiment_id
    session = labeling.create_labeling_session(name="with", agent="bot", label_schemas=[schemas.GUIDELINES])  # fmt: skip
    assert session.agent == "bot"
    with pytest.raises(NotFoundError, match="nobody"):
        labeling.create_labeling_session(name="with", agent="nobody", label_schemas=[schemas.GUIDELINES])  # fmt: skip
    again.remove_agent("bot")
    with pytest.raises(NotFoundError, match="bot"):
        again.remove_agent("bot")


def test_errors_say_what_mlflows_documentation_says(enabled: None):
    with pytest.raises(ValueError, match=r"'missing' not found\. Please create it first"):
        labeling.create_labeling_session(name="x", label_schemas=["missing"])
    with pytest.raises(ValueError, match="Labeling session with run_id 'nothing' not found"):
        labeling.get_labeling_session("nothing")
    with pytest.warns(UserWarning, match="no questions"):
        session = labeling.create_labeling_session(name="x")
    with pytest.raises(ValueError, match="trace cannot be None"):
        session.add_traces(None)


def test_sessions_of_another_experiment_are_not_listed(enabled: None):
    labeling.create_labeling_session(name="here", label_schemas=[schemas.GUIDELINES])
    mlflow.set_experiment("elsewhere")
    assert labeling.get_labeling_sessions() == []
    labeling.create_labeling_session(name="there", label_schemas=[schemas.GUIDELINES])
    assert [one.name for one in labeling.get_labeling_sessions()] == ["there"]


def test_questions_are_named_or_passed_as_they_are(enabled: None):
    made = schemas.create_label_schema(
        name="good", type="feedback", title="Good?", input=schemas.InputPassFail("Yes", "No")
    )
    session = labeling.create_labeling_session(name="x", label_schemas=[made, schemas.GUIDELINES])
    assert session.label_schemas == ["good", "guidelines"]


def test_questions_may_be_added_later(enabled: None, traces: list[Trace]):
    session = labeling.create_labeling_session(name="x", label_schemas=[schemas.GUIDELINES])
    session.add_traces(traces)
    review = lw.Review(session.store, session.labeling_session_id, "alice")
    (first, *_) = session.to_df().index
    review.answer(first, "guidelines", ["Be short."])
    review.set_state(first, "completed")

    session.set_label_schemas([schemas.GUIDELINES, schemas.EXPECTED_RESPONSE])
    review.answer(first, "expected_response", "So.")

    assert session.to_df().loc[first, ["guidelines", "expected_response", "state"]].tolist() == [
        ["Be short."],
        "So.",
        "completed",
    ]


def test_undoing_it_leaves_mlflow_as_it_was(tracking: str):
    before = {
        name: getattr(where, name)
        for where in (schemas, labeling, mlflow.genai)
        for name in dir(where)
        if name.endswith(("label_schema", "labeling_session", "review_app"))
    }
    registered = dict(stores._labeling_store_registry._registry)
    lw.enable_mlflow_labeling()
    assert schemas.create_label_schema is not before["create_label_schema"]

    lw.enable_mlflow_labeling()
    lw.disable_mlflow_labeling()

    assert stores._labeling_store_registry._registry == registered
    for where in (schemas, labeling, mlflow.genai):
        for name in before.keys() & set(dir(where)):
            assert getattr(where, name) is before[name], name
    with pytest.raises(stores.UnsupportedLabelingStoreURIException):
        labeling.get_labeling_sessions()


@pytest.fixture
def own_store_of_mlflow() -> Iterator[type]:
    """As if MLflow brought a labeling store for SQLite."""

    class Theirs:
        pass

    registry = stores._labeling_store_registry._registry
    registry["sqlite"] = Theirs
    yield Theirs
    registry.pop("sqlite", None)


def test_it_steps_aside_where_mlflow_has_a_store_of_its_own(
    tracking: str, own_store_of_mlflow: type
):
    before = schemas.create_label_schema

    with pytest.warns(UserWarning, match="steps aside"):
        assert lw.enable_mlflow_labeling() is False

    assert schemas.create_label_schema is before
    assert stores._labeling_store_registry._registry["sqlite"] is own_store_of_mlflow


def test_nothing_changes_for_databricks(enabled: None):
    mlflow.set_tracking_uri("databricks")
    with pytest.raises(Exception, match=r"(?i)databricks"):
        labeling.get_labeling_sessions()


def test_the_entry_point_is_registered_and_loads_the_store():
    from importlib.metadata import entry_points

    (found,) = entry_points(group="mlflow.labeling_store", name="labelwidget")
    assert found.load() is labelwidget.mlflow_plugin.LabelingStore
