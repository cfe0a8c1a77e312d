"""Who resolves disagreements: the same person under a name of its own, so that a resolution is never mixed up with a review."""

from __future__ import annotations

__all__ = ["RESOLVES", "is_resolver", "person_behind", "resolver_name"]

_SUFFIX = " (resolution)"

RESOLVES = "resolves"
"""Key in the metadata of a resolution: the ids of the assessments that it resolves."""


def resolver_name(person: str) -> str:
    """As whom a person resolves: `alice (resolution)`."""
    return f"{person}{_SUFFIX}"


def is_resolver(reviewer: str) -> bool:
    """Whether a name is that of a person who resolves."""
    return reviewer.strip().casefold().endswith(_SUFFIX)


def person_behind(reviewer: str) -> str:
    """The person, whether they review or resolve."""
    return reviewer.strip()[: -len(_SUFFIX)] if is_resolver(reviewer) else reviewer
