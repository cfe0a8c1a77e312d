"""The rules for making and changing questions."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from labelwidget.errors import AlreadyExistsError, InvalidValueError, NotFoundError, shown
from labelwidget.model import (
    Input,
    InputCategorical,
    InputCategoricalList,
    InputPassFail,
    InputRating,
    InputText,
    InputTextList,
    JsonValue,
    LabelSchema,
    LabelSchemaType,
)
from labelwidget.model.json import checked_json
from labelwidget.model.schema import MAX_INSTRUCTION, MAX_NAME, MAX_TITLE
from labelwidget.review.reviewer import default_reviewer
from labelwidget.review.rules import now_ms
from labelwidget.store.base import Store

__all__ = [
    "BUILT_IN",
    "RESERVED_KEYS",
    "define_schema",
    "find_schema",
    "resolve_schemas",
    "revise_schema",
]

# Definitions of the peer: expectations with these texts come with every review app.
BUILT_IN: Mapping[str, LabelSchema] = {
    schema.name: schema
    for schema in (
        LabelSchema(
            name="expected_facts",
            type=LabelSchemaType.EXPECTATION,
            title="Expected facts",
            input=InputTextList(max_length_each=1000),
            instruction="Please provide a list of facts that you expect to see in a correct response.",
        ),
        LabelSchema(
            name="guidelines",
            type=LabelSchemaType.EXPECTATION,
            title="Guidelines",
            input=InputTextList(max_length_each=1000),
            instruction="Please provide guidelines that the model's output is expected to adhere to.",
        ),
        LabelSchema(
            name="expected_response",
            type=LabelSchemaType.EXPECTATION,
            title="Expected response",
            input=InputText(),
            instruction="Please provide a correct agent response.",
        ),
    )
}

RESERVED_KEYS = frozenset("acfgjklnstuvx?/[].,0123456789")
"""Keys that the widget itself uses: a question's hotkeys stay clear of them."""


def define_schema(
    store: Store,
    name: str,
    *,
    type: LabelSchemaType | str,  # noqa: A002  the peer's name
    input: Input,  # noqa: A002
    title: str | None = None,
    instruction: str | None = None,
    enable_comment: bool = False,
    overwrite: bool = False,
    required: bool = False,
    hotkeys: Mapping[str, str] | None = None,
    show_if: Mapping[str, object] | None = None,
    scope: str = "turn",
) -> LabelSchema:
    """Check a question and keep it; see `labelwidget.label_schemas.create_label_schema`."""
    checked = _name(name)
    old = store.schema(checked, deleted=True)
    alive = old is not None and store.schema(checked) is not None
    if alive and not overwrite:
        raise AlreadyExistsError(
            f"Label schema {shown(name)} exists. Pass overwrite=True to replace it, or choose another name."
        )
    kind = _type(type)
    if not isinstance(input, Input):
        raise InvalidValueError(
            f"input is {shown(input)}; pass one of the Input… classes, like InputPassFail('Good', 'Bad')."
        )
    if old is not None and store.has_answers(checked):
        _keep_kind(old, kind, input)
    stamp = now_ms()
    schema = LabelSchema(
        name=checked,
        type=kind,
        input=input,
        title=_title(title, checked),
        instruction=_instruction(instruction),
        enable_comment=_flag("enable_comment", enable_comment),
        required=_flag("required", required),
        hotkeys=_hotkeys(hotkeys, input),
        show_if=_show_if(show_if, checked),
        scope=_scope(scope),
        version=1 if old is None else old.version + 1,
        schema_id=f"ls-{uuid.uuid4().hex}" if old is None else old.schema_id,
        created_by=default_reviewer() if old is None else old.created_by,
        created_at=stamp if old is None else old.created_at,
        updated_at=stamp,
    )
    store.put_schema(schema)
    return schema


def revise_schema(store: Store, name: str, changes: Mapping[str, object]) -> LabelSchema:
    """Change some fields of a question; see `labelwidget.label_schemas.update_label_schema`."""
    old = find_schema(store, name)
    if not old.schema_id:  # a built-in that nobody has used yet
        old = resolve_schemas(store, [name])[0]
    merged: dict[str, object] = {
        "input": old.input, "title": old.title, "instruction": old.instruction, "enable_comment": old.enable_comment,
        "required": old.required, "hotkeys": old.hotkeys, "show_if": old.show_if, "scope": old.scope, **changes,
    }  # fmt: skip
    if not isinstance(merged["input"], type(old.input)):
        raise InvalidValueError(
            f"The input of {shown(name)} is {type(old.input).__name__} and cannot become "
            f"{type(merged['input']).__name__}. Create another question."
        )
    return define_schema(store, name, type=old.type, overwrite=True, **merged)  # pyright: ignore[reportArgumentType]


def find_schema(store: Store, name: str) -> LabelSchema:
    """A question by name, built-in ones too.

    Raises:
        NotFoundError: Names the questions that there are.
    """
    found = store.schema(_name(name)) or BUILT_IN.get(name)
    if found is None:
        known = [schema.name for schema in store.schemas()]
        raise NotFoundError(
            f"Label schema {shown(name)} not found. Please create it first via `create_label_schema`. "
            f"There are: {shown(known, 300)}, and the built-ins {sorted(BUILT_IN)}."
        )
    return found


def resolve_schemas(store: Store, names: Sequence[str | LabelSchema]) -> list[LabelSchema]:
    """The questions of a session; built-ins are kept in the store at first use.

    Raises:
        NotFoundError: Names the one that does not exist.
        InvalidValueError: One is there twice, or two use the same hotkey.
    """
    if isinstance(names, (str, LabelSchema)):
        raise InvalidValueError(f"label_schemas is {shown(names)}; pass a list of names.")
    found: list[LabelSchema] = []
    for given in names:
        name = given.name if isinstance(given, LabelSchema) else given
        schema = find_schema(store, name)
        if any(other.name == schema.name for other in found):
            raise InvalidValueError(
                f"label_schemas names {shown(name)} twice; a session asks each question once."
            )
        if not schema.schema_id:
            stamp = now_ms()
            schema = schema.model_copy(
                update={
                    "version": 1,
                    "schema_id": f"ls-{uuid.uuid4().hex}",
                    "created_at": stamp,
                    "updated_at": stamp,
                }
            )
            store.put_schema(schema)
        found.append(schema)
    _check_clashes(found)
    return found


def _check_clashes(schemas: Sequence[LabelSchema]) -> None:
    used: dict[str, str] = {}
    for schema in schemas:
        for key in schema.hotkeys:
            if key in used:
                raise InvalidValueError(
                    f"The hotkey {shown(key)} is used by {shown(used[key])} and {shown(schema.name)}. Give one of them another key."
                )
            used[key] = schema.name


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidValueError(f"name is {shown(name)}; name must be a non-empty string.")
    if len(name) > MAX_NAME:
        raise InvalidValueError(
            f"name {shown(name)} has {len(name)} characters; at most {MAX_NAME} characters are allowed."
        )
    return name


def _type(given: LabelSchemaType | str) -> LabelSchemaType:
    try:
        return LabelSchemaType(given)
    except ValueError:
        raise InvalidValueError(
            f"type is {shown(given)}; it must be one of ['feedback', 'expectation']."
        ) from None


def _keep_kind(old: LabelSchema, kind: LabelSchemaType, given: Input) -> None:
    if old.type != kind or old.input.kind != given.kind:
        raise InvalidValueError(
            f"Label schema {shown(old.name)} has labels, so it stays {old.type.value} with {type(old.input).__name__}; "
            f"{kind.value} with {type(given).__name__} was asked for. Create a question with another name."
        )


def _title(title: str | None, name: str) -> str:
    if title is None:
        words = re.sub(r"[_\-]+", " ", name).strip() or name
        return words[:1].upper() + words[1:]
    if not isinstance(title, str) or not title.strip() or len(title) > MAX_TITLE:
        raise InvalidValueError(
            f"title is {shown(title)}; pass a text of 1 to {MAX_TITLE} characters, or None for the name."
        )
    return title


def _instruction(instruction: str | None) -> str | None:
    if instruction is not None and (
        not isinstance(instruction, str) or len(instruction) > MAX_INSTRUCTION
    ):
        raise InvalidValueError(
            f"instruction is {shown(instruction)}; pass Markdown text of at most {MAX_INSTRUCTION:,} characters."
        )
    return instruction or None


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValueError(f"{name} is {shown(value)}; pass True or False.")
    return value


def _hotkeys(hotkeys: Mapping[str, str] | None, given: Input) -> dict[str, str]:
    choices = _choices(given)
    for key, option in (hotkeys or {}).items():
        if len(key) != 1 or not key.isprintable() or key.isspace():
            raise InvalidValueError(f"The hotkey {shown(key)} is not a single character.")
        if key.lower() in RESERVED_KEYS:
            raise InvalidValueError(
                f"The hotkey {shown(key)} is the widget's own. Choose a letter other than {' '.join(sorted(RESERVED_KEYS))}."
            )
        if option not in choices:
            raise InvalidValueError(
                f"The hotkey {shown(key)} is for {shown(option)}, which is not an option. Options: {shown(choices, 300)}."
            )
    return {key.lower(): option for key, option in (hotkeys or {}).items()}


def _choices(given: Input) -> list[str]:
    if isinstance(given, InputPassFail):
        return [given.positive_label, given.negative_label]
    if isinstance(given, (InputCategorical, InputCategoricalList)):
        return given.options
    if isinstance(given, InputRating):
        return [str(step) for step in range(given.min_value, given.max_value + 1)]
    return []


def _scope(scope: object) -> Literal["turn", "conversation"]:
    if scope == "turn":
        return "turn"
    if scope == "conversation":
        return "conversation"
    raise InvalidValueError(
        f"scope is {shown(scope)}; pass 'turn' (asked of each turn of a conversation) or 'conversation' (asked once)."
    )


def _show_if(show_if: Mapping[str, object] | None, name: str) -> dict[str, JsonValue]:
    checked = cast("dict[str, JsonValue]", checked_json(dict(show_if or {}), where="show_if"))
    if name in checked:
        raise InvalidValueError(
            f"show_if of {shown(name)} names the question itself; name another one."
        )
    return checked
