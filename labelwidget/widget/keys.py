"""`ReviewWidget(keys={"skip": "q"})`: other keys for what the widget does, checked where they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labelwidget.errors import InvalidValueError, shown
from labelwidget.model import LabelSchema

__all__ = ["DEFAULT_KEYS", "checked_keys"]

DEFAULT_KEYS: Mapping[str, tuple[str, ...]] = {
    "up": ("ArrowUp",),
    "down": ("ArrowDown",),
    "done": ("Enter",),
    "previous": ("ArrowLeft", "k"),
    "next": ("ArrowRight", "j"),
    "accept": ("a",),
    "acceptAll": ("A",),
    "skip": ("s",),
    "flag": ("f",),
    "comment": ("c",),
    "note": ("n",),
    "undo": ("u",),
    "redo": ("U",),
    "goto": ("g",),
    "tab": ("t",),
    "previousStep": (",",),
    "nextStep": (".",),
    "label": ("l",),
    "select": ("v",),
    "firstError": ("x",),
    "previousSpan": ("[",),
    "nextSpan": ("]",),
    "search": ("/",),
    "help": ("?",),
}
"""The names of js/src/panes/shortcuts.ts with their keys as a browser calls them."""

_NAMED = frozenset(
    {"Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"}
    | {f"F{number}" for number in range(1, 13)}
)  # fmt: skip


def checked_keys(
    keys: Mapping[str, str] | None, questions: Sequence[LabelSchema]
) -> dict[str, str]:
    """The keys that a user chose.

    Args:
        keys: From an action to one key: a character, or `Enter`, `ArrowUp`, …, `F1`–`F12`.
        questions: Whose own hotkeys stay theirs.

    Returns:
        The same, checked.

    Raises:
        InvalidValueError: An unknown action, something that is no key, or a key that is used already.
    """
    chosen = dict(keys or {})
    for action, key in chosen.items():
        if action not in DEFAULT_KEYS:
            raise InvalidValueError(
                f"keys names {shown(action)}; the actions are {', '.join(DEFAULT_KEYS)}."
            )
        one = isinstance(key, str) and len(key) == 1 and key.isprintable() and not key.isspace()
        if not (one or key in _NAMED):
            raise InvalidValueError(
                f"The key of {shown(action)} is {shown(key)}; pass one character, or one of {', '.join(sorted(_NAMED))}."
            )
        if key.isdigit():
            raise InvalidValueError(
                f"The key of {shown(action)} is {shown(key)}; digits choose options. Pass a letter."
            )
    used: dict[str, str] = {}
    for action, defaults in DEFAULT_KEYS.items():
        for key in (chosen[action],) if action in chosen else defaults:
            if key in used:
                raise InvalidValueError(
                    f"The key {shown(key)} is used by {used[key]} and by {action}. Give one of them another key."
                )
            used[key] = action
    for question in questions:
        for key in question.hotkeys:
            if key in chosen.values():
                raise InvalidValueError(
                    f"The key {shown(key)} of {used[key]} is a hotkey of the question {shown(question.name)}. "
                    "Give one of them another key."
                )
    return chosen
