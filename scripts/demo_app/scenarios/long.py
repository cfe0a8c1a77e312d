"""Requests with long answers; the texts are in ``answers/``."""

from pathlib import Path

from script import Say, Scenario, correct, facts, grounded, human, relevant

_ANSWERS = Path(__file__).resolve().parent.parent / "answers"


def _text(name: str) -> str:
    return (_ANSWERS / f"{name}.md").read_text(encoding="utf-8").strip()


LONG: tuple[Scenario, ...] = (
    Scenario(
        "long-api-guide",
        "We run our partner shop on Orders API v1. Please write a complete migration guide to v2 for two developers and one "
        "sprint, with code for paging, amounts, limits and webhooks.",
        (Say(_text("api-migration")),),
        "dev.partner-31",
        # The signature check in section 10 leaves the timestamp out, which the passage demands.
        (correct(True, "Covers every change of the page, in a sensible order, with working examples."),
         grounded(4, "Plan and effort are the assistant's own, the rest is supported."),
         facts("v1 is switched off on 30 September 2026", "Signatures cover timestamp and body",
               "120 requests a minute for each client", by="lea.brandt")),
        tags={"team": "partners"},
    ),
    Scenario(
        "long-trek-plan",
        "Plan the Borealis Traverse for two of us, 12 days from the third week of June: daily stages, gear with weights, food, "
        "gas, budget. We own an Alder 2, Polaris bags, Fjell packs and an Ember.",
        (Say(_text("borealis-plan")),),
        "nils.aker",
        # Bear canisters are required to km 121 only; the plan keeps them to km 160.
        (correct(True, "Stages add up to 187 km; huts and fords are where the guide has them."),
         grounded(3, "Names of camps, prices and altitudes are not in the passages; the answer says so in part."),
         relevant(True, "All five parts that were asked for are there."),
         human("correctness", False, "Canisters are needed from km 78 to 121, the plan says until Hut 4.")),
    ),
)  # fmt: skip
