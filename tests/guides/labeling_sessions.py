"""What can be done with labeling sessions: the calls of the guide of that name, in our own words."""

# %% Traces to label
import mlflow
from openai import OpenAI

mlflow.openai.autolog()
client = OpenAI()


@mlflow.trace
def answer(question: str) -> str:
    response = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )
    return response.choices[0].message.content


for question in ("How do I reset my password?", "Where is my invoice?", "Can I change my plan?"):
    answer(question)

# %% Create a session
import mlflow.genai.label_schemas as schemas
import mlflow.genai.labeling as labeling

schemas.create_label_schema(
    name="response_quality",
    type="feedback",
    title="How good is the answer?",
    input=schemas.InputCategorical(options=["Poor", "Fair", "Good", "Excellent"]),
    overwrite=True,
)
session = labeling.create_labeling_session(
    name="customer_service_review",
    assigned_users=["alice@company.com", "bob@company.com"],
    label_schemas=[schemas.EXPECTED_FACTS, "response_quality"],
)
print(f"{session.name} is run {session.mlflow_run_id} of experiment {session.experiment_id}")

# %% Find sessions
all_sessions = labeling.get_labeling_sessions()
for found in all_sessions:
    print(f"{found.name}: {', '.join(found.assigned_users)} ({found.labeling_session_id})")
session = labeling.get_labeling_session(run_id=session.mlflow_run_id)

# %% By its name, through the runs
runs = mlflow.search_runs(
    experiment_ids=[session.experiment_id],
    filter_string=f"tags.mlflow.runName LIKE '%customer%' AND attribute.run_id = '{session.mlflow_run_id}'",
)
assert list(runs["run_id"]) == [session.mlflow_run_id]

# %% Add traces
recent = mlflow.search_traces(max_results=50, flush=True)
session.add_traces(recent)

# %% One by one
some = [mlflow.get_trace(trace_id) for trace_id in recent["trace_id"][:2]]
session.add_traces(some)

# %% Who labels
session.set_assigned_users(["alice@company.com", "bob@company.com", "critic@company.com"])
print(session.assigned_users)

# %% Delete one
scratch = labeling.create_labeling_session(name="scratch", label_schemas=["response_quality"])
labeling.delete_labeling_session(scratch)
assert scratch.labeling_session_id not in [
    one.labeling_session_id for one in labeling.get_labeling_sessions()
]

# %% Labels
labeled = mlflow.search_traces(run_id=session.mlflow_run_id)
for assessments in labeled["assessments"]:
    print([one["assessment_name"] for one in assessments])

# %% Into an evaluation dataset
session.sync(dataset_name="customer_service_truth")

# %% And from one
again = labeling.create_labeling_session(name="second look", label_schemas=["response_quality"])
again.add_dataset(dataset_name="customer_service_truth")
