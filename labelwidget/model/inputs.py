"""The inputs that answer questions: pass/fail, choices, texts, numbers and ratings.

Names and limits follow `mlflow.genai.label_schemas`; `InputRating`, options with descriptions and "other…" are ours. Each input
validates its own values, so that the rule lives with the type that owns it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model.json import JsonValue

__all__ = [
    "InputCategorical",
    "InputCategoricalList",
    "InputNumeric",
    "InputPassFail",
    "InputRating",
    "InputText",
    "InputTextList",
]

MAX_OPTIONS = 100
MAX_OPTION = 200
MAX_TEXT = 1_000_000
MAX_LIST = 1_000
MAX_SCALE = 11


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def _fill(self, **data: object) -> None:
        """Validate and set the fields: what `BaseModel.__init__` does, for constructors of our own."""
        BaseModel.__init__(self, **data)

    def check(self, value: JsonValue) -> JsonValue:
        """Return the value as it is stored, or raise `InvalidValueError` that says what would be right."""
        raise NotImplementedError


def _options(options: object) -> list[str]:
    if isinstance(options, str) or not isinstance(options, Sequence):
        raise InvalidValueError(
            f"options is {shown(options)}; pass a list of texts, like ['Yes', 'No']."
        )
    found = list(cast("Sequence[object]", options))
    if not 1 <= len(found) <= MAX_OPTIONS:
        raise InvalidValueError(
            f"options has {len(found)} entries; 1 to {MAX_OPTIONS} are allowed."
        )
    texts: list[str] = []
    for option in found:
        if not isinstance(option, str) or not option.strip():
            raise InvalidValueError(f"The option {shown(option)} is not a non-empty text.")
        if len(option) > MAX_OPTION:
            raise InvalidValueError(
                f"The option {shown(option)} has {len(option)} characters; {MAX_OPTION} is the most."
            )
        if option in texts:
            raise InvalidValueError(
                f"The option {shown(option)} is there twice; options are different from each other."
            )
        texts.append(option)
    return texts


def _descriptions(descriptions: Mapping[str, str] | None, options: list[str]) -> dict[str, str]:
    for option in descriptions or {}:
        if option not in options:
            raise InvalidValueError(
                f"descriptions names {shown(option)}, which is not an option. Options: {shown(options)}."
            )
    return dict(descriptions or {})


def _text(value: JsonValue, limit: int | None, what: str = "The answer") -> str:
    if not isinstance(value, str):
        raise InvalidValueError(
            f"{what} is {shown(value)}, a {type(value).__name__}; a text is asked for."
        )
    most = MAX_TEXT if limit is None else min(limit, MAX_TEXT)
    if len(value) > most:
        raise InvalidValueError(
            f"{what} has {len(value):,} characters; {most:,} is the most. Shorten it by {len(value) - most:,}."
        )
    return value


def _limit(name: str, value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InvalidValueError(
            f"{name} is {shown(value)}; pass a whole number of at least 1, or None for no limit."
        )
    return value


class InputPassFail(_Input):
    """One of two labels; the answer is True for the positive one.

    Attributes:
        positive_label: What True is called, 1–200 characters.
        negative_label: What False is called, different from it.
    """

    kind: Literal["pass_fail"] = "pass_fail"
    positive_label: str = "Pass"
    negative_label: str = "Fail"

    def __init__(
        self, positive_label: str = "Pass", negative_label: str = "Fail", **data: object
    ) -> None:
        """Make a pass/fail input."""
        _options([positive_label, negative_label])
        self._fill(positive_label=positive_label, negative_label=negative_label, **data)

    def check(self, value: JsonValue) -> JsonValue:
        """A bool."""
        if not isinstance(value, bool):
            raise InvalidValueError(
                f"The answer is {shown(value)}; pass True for {shown(self.positive_label)} or False for {shown(self.negative_label)}."
            )
        return value


class InputCategorical(_Input):
    """Exactly one of the options, or several with `multi_select`.

    Attributes:
        options: 1–100 different texts of 1–200 characters, in the order shown.
        multi_select: Several may be chosen; the answer is then a list in the order of the options.
        descriptions: A line of explanation for an option, by option.
        other: Offer "other…": any text is then a right answer.
    """

    kind: Literal["categorical"] = "categorical"
    options: list[str]
    multi_select: bool = False
    descriptions: dict[str, str] = Field(default_factory=dict)
    other: bool = False

    def __init__(
        self,
        options: Sequence[str],
        multi_select: bool = False,
        descriptions: Mapping[str, str] | None = None,
        other: bool = False,
        **data: object,
    ) -> None:
        """Make a choice of options."""
        texts = _options(options)
        described = _descriptions(descriptions, texts)
        self._fill(
            options=texts, multi_select=multi_select, descriptions=described, other=other, **data
        )

    def check(self, value: JsonValue) -> JsonValue:
        """One option, or with `multi_select` a list of different options."""
        if self.multi_select:
            return _chosen(value, self.options, self.other)
        if isinstance(value, str) and (
            value in self.options or (self.other and value.strip() and len(value) <= MAX_OPTION)
        ):
            return value
        raise InvalidValueError(
            f"The answer is {shown(value)}; choose one of {shown(self.options, 300)}."
        )


def _chosen(value: JsonValue, options: list[str], other: bool) -> JsonValue:
    if not isinstance(value, list):
        raise InvalidValueError(
            f"The answer is {shown(value)}; pass a list of options, like {shown(options[:2])}."
        )
    for chosen in value:
        if not isinstance(chosen, str) or (
            chosen not in options and not (other and chosen.strip() and len(chosen) <= MAX_OPTION)
        ):
            raise InvalidValueError(
                f"The answer holds {shown(chosen)}; choose from {shown(options, 300)}."
            )
    if len(value) > MAX_OPTIONS + MAX_LIST:
        raise InvalidValueError(
            f"The answer holds {len(value)} choices; that is more than there can be."
        )
    known = [option for option in options if option in value]
    rest = [chosen for chosen in dict.fromkeys(cast("list[str]", value)) if chosen not in options]
    return [*known, *rest]


class InputCategoricalList(_Input):
    """Any subset of the options; the answer is a list in the order of the options.

    Attributes:
        options: 1–100 different texts of 1–200 characters, in the order shown.
        descriptions: A line of explanation for an option, by option.
        other: Offer "other…": further texts may be added (tags).
    """

    kind: Literal["categorical_list"] = "categorical_list"
    options: list[str]
    descriptions: dict[str, str] = Field(default_factory=dict)
    other: bool = False

    def __init__(
        self,
        options: Sequence[str],
        descriptions: Mapping[str, str] | None = None,
        other: bool = False,
        **data: object,
    ) -> None:
        """Make a choice of any number of options."""
        texts = _options(options)
        self._fill(
            options=texts, descriptions=_descriptions(descriptions, texts), other=other, **data
        )

    def check(self, value: JsonValue) -> JsonValue:
        """A list of different options, possibly empty."""
        return _chosen(value, self.options, self.other)


class InputText(_Input):
    """Free text.

    Attributes:
        max_length: Most characters, or None for the general bound of one million.
    """

    kind: Literal["text"] = "text"
    max_length: int | None = None

    def __init__(self, max_length: int | None = None, **data: object) -> None:
        """Make a text input."""
        self._fill(max_length=_limit("max_length", max_length), **data)

    def check(self, value: JsonValue) -> JsonValue:
        """A text within the limit."""
        return _text(value, self.max_length)


class InputTextList(_Input):
    """A list of texts, such as expected facts.

    Attributes:
        max_length_each: Most characters of one entry, or None.
        max_count: Most entries, or None for the general bound of 1,000.
    """

    kind: Literal["text_list"] = "text_list"
    max_length_each: int | None = None
    max_count: int | None = None

    def __init__(
        self, max_length_each: int | None = None, max_count: int | None = None, **data: object
    ) -> None:
        """Make a list of texts."""
        self._fill(
            max_length_each=_limit("max_length_each", max_length_each),
            max_count=_limit("max_count", max_count),
            **data,
        )

    def check(self, value: JsonValue) -> JsonValue:
        """A list of texts; blank entries are dropped."""
        if not isinstance(value, list):
            raise InvalidValueError(f"The answer is {shown(value)}; pass a list of texts.")
        texts = [
            _text(entry, self.max_length_each, f"Entry {i + 1}") for i, entry in enumerate(value)
        ]
        kept = [text for text in texts if text.strip()]
        most = MAX_LIST if self.max_count is None else min(self.max_count, MAX_LIST)
        if len(kept) > most:
            raise InvalidValueError(
                f"The answer has {len(kept)} entries; {most} is the most. Remove {len(kept) - most}."
            )
        return cast(JsonValue, kept)


class InputNumeric(_Input):
    """A number; whole numbers stay whole.

    Attributes:
        min_value: Smallest allowed value, or None.
        max_value: Largest allowed value, or None; above `min_value`.
    """

    kind: Literal["numeric"] = "numeric"
    min_value: int | float | None = None
    max_value: int | float | None = None

    def __init__(
        self, min_value: float | None = None, max_value: float | None = None, **data: object
    ) -> None:
        """Make a number input."""
        for name, bound in (("min_value", min_value), ("max_value", max_value)):
            if bound is not None:
                _number(bound, name)
        if min_value is not None and max_value is not None and not min_value < max_value:
            raise InvalidValueError(
                f"min_value {shown(min_value)} is not below max_value {shown(max_value)}."
            )
        self._fill(min_value=min_value, max_value=max_value, **data)

    def check(self, value: JsonValue) -> JsonValue:
        """An int or a finite float within the bounds; not a bool."""
        number = _number(value, "The answer")
        low, high = self.min_value, self.max_value
        if (low is not None and number < low) or (high is not None and number > high):
            raise InvalidValueError(
                f"The answer is {shown(value)}; it has to be {_range(low, high)}."
            )
        return number


def _number(value: object, what: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidValueError(f"{what} is {shown(value)}; a number is asked for.")
    return value


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"between {low} and {high}"
    return f"at least {low}" if high is None else f"at most {high}"


class InputRating(_Input):
    """A whole number on a short scale, drawn as buttons: `InputNumeric` with integer steps.

    Attributes:
        min_value: The low end.
        max_value: The high end; at most 11 steps in all.
        labels: What the two ends mean, `(low, high)`, or None.
    """

    kind: Literal["rating"] = "rating"
    min_value: int = 1
    max_value: int = 5
    labels: tuple[str, str] | None = None

    def __init__(
        self,
        min: int = 1,  # noqa: A002  the decided signature
        max: int = 5,  # noqa: A002
        labels: Sequence[str] | None = None,
        **data: object,
    ) -> None:
        """Make a rating from `min` to `max`."""
        low, high = data.pop("min_value", min), data.pop("max_value", max)
        for name, bound in (("min", low), ("max", high)):
            if isinstance(bound, bool) or not isinstance(bound, int):
                raise InvalidValueError(f"{name} is {shown(bound)}; a rating has whole steps.")
        low, high = cast(int, low), cast(int, high)
        if not low < high or high - low + 1 > MAX_SCALE:
            raise InvalidValueError(
                f"A rating from {low} to {high} has no 2 to {MAX_SCALE} steps. Use InputNumeric for wider ranges."
            )
        if labels is not None and (isinstance(labels, str) or len(labels) != 2):
            raise InvalidValueError(
                f"labels is {shown(labels)}; pass the meaning of the low and the high end, two texts."
            )
        self._fill(
            min_value=low, max_value=high, labels=None if labels is None else tuple(labels), **data
        )

    def check(self, value: JsonValue) -> JsonValue:
        """A whole number on the scale; 4.0 becomes 4."""
        number = _number(value, "The answer")
        if int(number) != number or not self.min_value <= number <= self.max_value:
            raise InvalidValueError(
                f"The answer is {shown(value)}; choose a whole number between {self.min_value} and {self.max_value}."
            )
        return int(number)
