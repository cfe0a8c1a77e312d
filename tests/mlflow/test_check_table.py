"""The 88 rows of the feature comparison with MLflow and Databricks: the tests that cover each, or why none can.

A row names tests as `folder/file::test`. Here it is only checked that they exist; they run with the others.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent

SCHEMAS = "labeling/test_label_schemas"
SESSIONS = "labeling/test_sessions"
MIRROR = "mlflow/test_mirror"
PLUGIN = "mlflow/test_plugin"
QUEUES = "mlflow/test_queues"
SYNC = "datasets/test_sync"
REVIEW = "review/test_review"
LABELLING = "e2e/test_labelling"
STORY = "content/test_conversation"

ROWS: dict[int, list[str]] = {
    1: [
        f"{PLUGIN}::test_label_schemas_take_titles_lists_and_overwrite",
        f"{SCHEMAS}::test_a_question_gets_a_readable_title",
    ],
    2: [
        f"{SCHEMAS}::test_what_breaks_a_rule_is_refused_with_the_rule",
        f"{SCHEMAS}::test_the_same_name_twice_needs_overwrite_and_keeps_the_place",
    ],
    3: [f"{SCHEMAS}::test_overwrite_refuses_another_type_once_there_are_labels"],
    4: [
        f"{SCHEMAS}::test_a_question_gets_a_readable_title",
        f"{PLUGIN}::test_label_schemas_take_titles_lists_and_overwrite",
    ],
    5: [f"{MIRROR}::test_answers_are_assessments_of_the_reviewer"],
    6: [
        f"{SCHEMAS}::test_the_same_name_twice_needs_overwrite_and_keeps_the_place",
        f"{SCHEMAS}::test_overwrite_refuses_another_type_once_there_are_labels",
    ],
    7: [
        f"{LABELLING}::test_every_kind_of_question_by_mouse",
        f"{SCHEMAS}::test_inputs_say_what_is_wrong_with_their_options",
    ],
    8: [
        f"{PLUGIN}::test_label_schemas_take_titles_lists_and_overwrite",
        f"{QUEUES}::test_what_is_answered_here_is_on_the_original_trace_without_the_four_bugs",
    ],
    9: [
        f"{LABELLING}::test_every_kind_of_question_by_mouse",
        f"{REVIEW}::test_a_wrong_answer_is_refused_and_changes_nothing",
    ],
    10: [
        f"{PLUGIN}::test_label_schemas_take_titles_lists_and_overwrite",
        f"{LABELLING}::test_every_kind_of_question_by_mouse",
    ],
    11: [
        f"{QUEUES}::test_what_is_answered_here_is_on_the_original_trace_without_the_four_bugs",
        f"{LABELLING}::test_a_value_out_of_range_is_refused_beside_its_field_and_kept",
    ],
    12: [f"{MIRROR}::test_every_value_comes_back_as_it_was_given"],
    13: [
        f"{SCHEMAS}::test_built_in_questions_are_always_there",
        f"{PLUGIN}::test_label_schemas_take_titles_lists_and_overwrite",
    ],
    14: [
        f"{SCHEMAS}::test_deleting_and_asking_for_what_is_not_there",
        f"{REVIEW}::test_a_deleted_question_goes_on_being_asked",
    ],
    15: [f"{SESSIONS}::test_the_properties_of_a_session"],
    16: [f"{QUEUES}::test_a_session_is_pushed_as_a_queue_and_answers_come_back"],
    17: [
        f"{PLUGIN}::test_errors_say_what_mlflows_documentation_says",
        f"{SESSIONS}::test_a_session_without_questions_warns",
    ],
    18: [f"{MIRROR}::test_a_session_is_a_run_that_has_ended_with_its_name"],
    19: [f"{SESSIONS}::test_sessions_are_found_newest_first_and_by_id"],
    20: [
        f"{PLUGIN}::test_sessions_work_as_on_databricks",
        f"{SESSIONS}::test_the_properties_of_a_session",
    ],
    21: [
        f"{SESSIONS}::test_sessions_are_found_newest_first_and_by_id",
        f"{PLUGIN}::test_sessions_of_another_experiment_are_not_listed",
    ],
    22: [f"{PLUGIN}::test_errors_say_what_mlflows_documentation_says"],
    23: [f"{MIRROR}::test_a_deleted_session_is_marked_and_a_purged_one_is_gone"],
    24: [f"{PLUGIN}::test_questions_are_named_or_passed_as_they_are"],
    25: ["agents/test_endpoint::test_custom_inputs_of_the_session_go_along"],
    26: [f"{PLUGIN}::test_sessions_work_as_on_databricks"],
    27: [
        "guides/test_guides::test_both_guides_with_labels_made_in_the_widget",
        f"{SESSIONS}::test_a_frame_without_usable_columns_names_those_it_has",
    ],
    28: [
        f"{PLUGIN}::test_sessions_work_as_on_databricks",
        f"{SESSIONS}::test_none_is_refused_in_the_peers_words",
    ],
    29: [f"{MIRROR}::test_the_original_trace_is_untouched_and_the_copy_has_its_own_id"],
    30: [f"{MIRROR}::test_adding_the_same_traces_again_copies_nothing"],
    31: [f"{PLUGIN}::test_sessions_work_as_on_databricks"],
    32: [
        "datasets/test_add_dataset::test_records_with_outputs_become_items_and_again_changes_nothing",
        "guides/test_guides::test_both_guides_with_labels_made_in_the_widget",
    ],
    33: [
        f"{PLUGIN}::test_sessions_work_as_on_databricks",
        f"{SESSIONS}::test_assigned_users_change_the_session_itself",
    ],
    34: ["guides/test_guides::test_both_guides_with_labels_made_in_the_widget"],
    35: [f"{REVIEW}::test_who_is_not_assigned_may_look_but_not_label"],
    36: [
        f"{QUEUES}::test_states_go_to_the_queue_when_somebody_decides_and_only_then",
        f"{REVIEW}::test_the_first_answer_puts_the_item_in_progress",
    ],
    37: [
        f"{SESSIONS}::test_two_reviewers_in_the_frames",
        f"{QUEUES}::test_what_is_answered_in_the_review_tab_is_answered_here",
    ],
    38: [
        f"{REVIEW}::test_nothing_answered_is_not_done",
        f"{REVIEW}::test_done_names_the_questions_that_still_need_an_answer",
    ],
    39: [f"{QUEUES}::test_states_go_to_the_queue_when_somebody_decides_and_only_then"],
    40: [f"{LABELLING}::test_skip_flag_undo_and_redo_by_key"],
    41: [
        f"{REVIEW}::test_resume_finds_the_first_open_item_and_wraps",
        f"{LABELLING}::test_ten_traces_by_keyboard_alone",
    ],
    42: [f"{MIRROR}::test_answers_are_assessments_of_the_reviewer"],
    43: [
        f"{REVIEW}::test_reviewers_do_not_see_or_change_each_others_answers",
        f"{MIRROR}::test_two_reviewers_do_not_supersede_each_other",
    ],
    44: [f"{MIRROR}::test_another_answer_supersedes_the_first_for_both_kinds"],
    45: [f"{MIRROR}::test_a_cleared_answer_is_gone_and_undo_brings_it_back"],
    46: [f"{MIRROR}::test_every_value_comes_back_as_it_was_given"],
    47: ["e2e/test_lifecycle::test_a_reloaded_page_goes_on_where_it_was"],
    48: [f"{MIRROR}::test_a_label_on_a_span_and_on_a_range_of_text_keep_their_place"],
    49: [
        f"{MIRROR}::test_answers_are_assessments_of_the_reviewer",
        f"{SESSIONS}::test_search_traces_has_the_columns_of_the_peer",
    ],
    50: ["mlflow/test_judges::test_a_judge_is_aligned_with_exactly_the_labelled_traces"],
    51: [
        f"{SYNC}::test_row_51_creates_the_dataset_when_missing_under_both_parameters",
        "mlflow/test_datasets::test_row_51_the_dataset_is_mlflows_own",
    ],
    52: [
        f"{SYNC}::test_row_52_the_key_is_the_value_of_the_inputs",
        "mlflow/test_datasets::test_row_52_equal_inputs_are_one_record_by_our_rule",
    ],
    53: [
        f"{SYNC}::test_row_53_the_same_name_is_replaced_and_other_names_stay",
        "mlflow/test_datasets::test_rows_53_and_54_only_what_changes_is_written",
    ],
    54: [
        f"{SYNC}::test_row_54_others_are_byte_identical_and_again_changes_nothing",
        "mlflow/test_datasets::test_rows_53_and_54_only_what_changes_is_written",
    ],
    55: [f"{SYNC}::test_row_55_only_expectations"],
    56: [f"{SYNC}::test_row_56_traces_without_expectations_are_inserted_unless_left_out"],
    57: [f"{SYNC}::test_row_57_every_state_but_skipped"],
    58: [f"{SYNC}::test_row_58_replaced_and_cleared_answers_are_ignored"],
    59: [f"{SYNC}::test_row_59_the_latest_wins_and_disagreements_are_listed"],
    60: [
        f"{SYNC}::test_row_60_the_source_is_the_original_trace_and_the_reviewer_a_tag",
        "mlflow/test_datasets::test_row_51_the_dataset_is_mlflows_own",
    ],
    61: [
        f"{SYNC}::test_row_61_inputs_that_are_no_object_are_wrapped_and_said",
        "mlflow/test_datasets::test_row_61_inputs_that_are_no_object_are_wrapped",
    ],
    62: [f"{SYNC}::test_row_62_one_record_a_turn"],
    63: [
        f"{SYNC}::test_row_63_object_id_and_name_mean_the_same",
        "mlflow/test_datasets::test_row_63_a_name_that_mlflow_has_twice_asks_for_the_id",
    ],
    64: [f"{PLUGIN}::test_the_review_app_keeps_agents_by_name"],
    65: [
        f"{PLUGIN}::test_the_review_app_keeps_agents_by_name",
        "agents/test_registry::test_the_same_again_changes_nothing_and_another_endpoint_needs_overwrite",
    ],
    66: [
        "agents/test_generation::test_every_item_gets_its_answer",
        "agents/test_generation::test_an_error_stays_in_its_item_and_is_tried_again",
    ],
    67: [
        "agents/test_talk::test_each_turn_gets_the_conversation_before_it",
        "e2e/test_agents::test_an_item_is_answered_when_it_is_opened_and_the_reviewer_goes_on",
    ],
    69: [
        "content/test_documents::test_one_document_of_every_store",
        "content/test_mlflow_shapes::test_documents_have_rank_id_and_source",
    ],
    70: [
        "content/test_mlflow_shapes::test_rag_shows_question_documents_and_answer_and_folds_the_prompt"
    ],
    71: ["content/test_mlflow_shapes::test_each_turn_shows_its_history_once_and_the_other_inputs"],
    72: [
        "content/test_mlflow_shapes::test_tool_call_and_result_stand_together_with_the_duration_of_the_span",
        f"{STORY}::test_arguments_that_are_not_json_are_shown_as_the_model_wrote_them",
    ],
    73: ["content/test_mlflow_shapes::test_dicts_read_as_json_with_their_keys_in_order"],
    74: ["content/test_mlflow_shapes::test_markdown_stays_whole_under_the_name_of_its_input"],
    75: ["content/test_parts::test_nothing_is_cut_without_saying_so"],
    76: ["content/test_mlflow_shapes::test_an_error_is_shown_once_where_it_happened"],
    77: [
        "content/test_mlflow_shapes::test_an_attachment_is_a_placeholder_and_never_an_address_to_load",
        f"{MIRROR}::test_attachments_are_copied_and_named_by_the_copy",
    ],
    78: [
        "content/test_mlflow_shapes::test_responses_api",
        "content/test_mlflow_shapes::test_anthropic_shows_the_call_that_nobody_answered",
    ],
    79: [
        f"{STORY}::test_history_that_every_call_repeats_is_shown_once",
        "agents/test_talk::test_traces_of_one_session_open_as_one_item_with_all_turns",
    ],
    80: ["content/test_spans::test_rows_are_the_tree_with_offsets_from_the_first_start"],
    83: [f"{LABELLING}::test_one_key_a_trace_with_a_single_question"],
    84: [
        f"{LABELLING}::test_ten_traces_by_keyboard_alone",
        "e2e/test_fifty::test_fifty_traces_in_fifty_keys",
    ],
    85: [f"{PLUGIN}::test_questions_may_be_added_later"],
    86: [
        f"{PLUGIN}::test_the_entry_point_is_registered_and_loads_the_store",
        f"{PLUGIN}::test_it_steps_aside_where_mlflow_has_a_store_of_its_own",
    ],
    87: [
        f"{QUEUES}::test_a_session_is_pushed_as_a_queue_and_answers_come_back",
        f"{QUEUES}::test_a_queue_opens_with_its_questions_and_items",
    ],
    88: [f"{MIRROR}::test_a_session_made_elsewhere_is_found_with_its_labels_and_states"],
}

NOT_APPLICABLE = {
    68: "Free chat with fixed questions and no session is decided to be out of scope.",
    81: "No preview of a question without a trace exists: a session with one plain record shows the form.",
    82: "Sharing by a link needs a review server, which a notebook has none of; `session.url` names the session.",
}


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((TESTS / f"{path}.py").read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_each_of_the_88_rows_is_accounted_for_once():
    assert sorted([*ROWS, *NOT_APPLICABLE]) == list(range(1, 89))


@pytest.mark.parametrize("row", ROWS)
def test_the_tests_of_a_row_exist(row: int):
    for test in ROWS[row]:
        path, name = test.split("::")
        assert name in names_in(path), f"row {row}: {test}"
