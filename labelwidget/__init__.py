"""Review and label GenAI traces in Jupyter.

```
import labelwidget as lw

lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail("Helpful", "Not helpful"), enable_comment=True)
session = lw.create_labeling_session("first look", label_schemas=["helpful"]).add_traces(df)
lw.ReviewWidget(session)
```
"""

from labelwidget.agents.generation import Generation
from labelwidget.chat import ChatWidget
from labelwidget.comparison import Comparison, compare
from labelwidget.datasets import (
    EvaluationDataset,
    create_dataset,
    delete_dataset,
    get_dataset,
    list_datasets,
    search_datasets,
)
from labelwidget.label_schemas import (
    EXPECTED_FACTS,
    EXPECTED_RESPONSE,
    GUIDELINES,
    InputCategorical,
    InputCategoricalList,
    InputNumeric,
    InputPassFail,
    InputRating,
    InputText,
    InputTextList,
    LabelSchema,
    LabelSchemaType,
    create_label_schema,
    delete_label_schema,
    get_label_schema,
    list_label_schemas,
    update_label_schema,
)
from labelwidget.labeling import (
    LabelingSession,
    create_labeling_session,
    delete_labeling_session,
    get_labeling_session,
    get_labeling_sessions,
    restore_labeling_session,
    search_traces,
)
from labelwidget.mlflow_switch import disable_mlflow_labeling, enable_mlflow_labeling
from labelwidget.readers import read_traces
from labelwidget.review import Review
from labelwidget.review.conflicts import Conflict
from labelwidget.review.sync import SyncResult
from labelwidget.review_app import Agent, ReviewApp, get_review_app
from labelwidget.store import connect, current_store, disconnect
from labelwidget.widget.own_parts import HTML
from labelwidget.widget.review_widget import ReviewWidget

__version__ = "0.1.0"

__all__ = [
    "EXPECTED_FACTS",
    "EXPECTED_RESPONSE",
    "GUIDELINES",
    "HTML",
    "Agent",
    "ChatWidget",
    "Comparison",
    "Conflict",
    "EvaluationDataset",
    "Generation",
    "InputCategorical",
    "InputCategoricalList",
    "InputNumeric",
    "InputPassFail",
    "InputRating",
    "InputText",
    "InputTextList",
    "LabelSchema",
    "LabelSchemaType",
    "LabelingSession",
    "Review",
    "ReviewApp",
    "ReviewWidget",
    "SyncResult",
    "compare",
    "connect",
    "create_dataset",
    "create_label_schema",
    "create_labeling_session",
    "current_store",
    "delete_dataset",
    "delete_label_schema",
    "delete_labeling_session",
    "disable_mlflow_labeling",
    "disconnect",
    "enable_mlflow_labeling",
    "get_dataset",
    "get_label_schema",
    "get_labeling_session",
    "get_labeling_sessions",
    "get_review_app",
    "list_datasets",
    "list_label_schemas",
    "read_traces",
    "restore_labeling_session",
    "search_datasets",
    "search_traces",
    "update_label_schema",
]
