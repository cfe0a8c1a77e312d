"""Label traces that an application has left: the calls of the guide of that name, in our own words."""

# %% An application that is traced
import mlflow
from mlflow.entities import Document
from openai import OpenAI

mlflow.openai.autolog()
client = OpenAI()


@mlflow.trace(span_type="RETRIEVER")
def find_tickets(name: str) -> list[Document]:
    tickets = {
        "noor": "Noor Haddad cannot sign in since March 3rd; the reset mail never arrives.",
        "ines": "Ines Vidal asks why her March invoice is charged twice.",
    }
    return [
        Document(
            id=f"ticket-{key}",
            page_content=text,
            metadata={"doc_uri": f"https://desk.example/tickets/{key}"},
        )
        for key, text in tickets.items()
        if key in name.lower()
    ]


@mlflow.trace
def support_app(messages: list[dict[str, str]]):
    tickets = find_tickets(messages[-1]["content"])
    context = "\n".join(ticket.page_content for ticket in tickets)
    return client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": f"Sum up what the customer needs.\n{context}"},
            *messages,
        ],
    )


support_app([{"role": "user", "content": "What is the matter with Noor's account?"}])
support_app([{"role": "user", "content": "Sum up Ines's call from this morning."}])

# %% Questions
from mlflow.genai.label_schemas import InputCategorical, InputText, create_label_schema

summary_quality = create_label_schema(
    name="summary_quality",
    type="feedback",
    title="Is the summary short and helpful?",
    input=InputCategorical(options=["Yes", "No"]),
    instruction="Say why below.",
    enable_comment=True,
    overwrite=True,
)
expected_summary = create_label_schema(
    name="expected_summary",
    type="expectation",
    title="What should the summary have been?",
    input=InputText(),
    overwrite=True,
)

# %% A session
from mlflow.genai.labeling import create_labeling_session

label_summaries = create_labeling_session(
    name="label_summaries",
    assigned_users=[],
    label_schemas=[summary_quality.name, expected_summary.name],
)

# %% Traces
traces = mlflow.search_traces(max_results=10, flush=True)
label_summaries.add_traces(traces)
print(f"Share this with the people who label: {label_summaries.url}")
session = label_summaries

# %% Labels
labeled_traces = mlflow.search_traces(run_id=label_summaries.mlflow_run_id)
print(labeled_traces[["trace_id", "assessments"]])
