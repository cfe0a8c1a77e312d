"""The site's settings from a command line and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from labelwidget.errors import InvalidValueError, shown
from labelwidget.review.reviewer import checked_reviewer
from labelwidget.serve.settings import SiteSettings

__all__ = ["settings_from"]

_TOKEN_VARIABLE = "LABELWIDGET_TOKEN"  # noqa: S105  the variable's name


def settings_from(options: Mapping[str, object]) -> SiteSettings:
    """The settings that options say.

    Args:
        options: As `labelwidget serve` parses them.

    Raises:
        InvalidValueError: They are not usable, or would let in whom they should not.
    """
    # Taken out of the environment, which the kernels are given.
    token = options["token"] or os.environ.pop(_TOKEN_VARIABLE, "")
    proxy: dict[str, object] | None = None
    if options["user_header"] or options["secret_file"]:
        if not (options["user_header"] and options["secret_file"]):
            raise InvalidValueError(
                "A proxy is believed with --user-header and --secret-file together: without the secret anybody could send the header."
            )
        proxy = {
            "user_header": options["user_header"],
            "secret_header": options["secret_header"],
            "secret": _secret(Path(str(options["secret_file"]))),
        }
    values: dict[str, object] = {
        "store": _whole_address(
            str(options["store"] or os.environ.get("LABELWIDGET_STORE") or "labelwidget.db")
        ),
        "sessions": frozenset(_texts(options["session"])),
        "operator": checked_reviewer(None if options["user"] is None else str(options["user"])),
        "proxy": proxy,
        **{
            name: options[name]
            for name in ("ip", "port", "url", "behind_proxy", "password_hash", "warm")
        },
    }
    if token:
        values["token"] = token
    try:
        return SiteSettings.model_validate(values).check()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise InvalidValueError(f"{place.replace('_', '-')}: {first['msg']}.") from None


def _texts(value: object) -> list[str]:
    return [str(one) for one in cast("list[object]", value)] if isinstance(value, list) else []


def _secret(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValueError(
            f"The secret file {shown(str(file))} cannot be read: {error}."
        ) from None


def _whole_address(address: str) -> str:
    """The store's address as it is from any folder: kernels run in one of their own."""
    scheme, colon, rest = address.partition(":")
    if colon and len(scheme) > 1 and scheme.lower() != "sqlite":
        return address
    path = rest.removeprefix("///") if scheme.lower() == "sqlite" else address
    return f"sqlite:///{Path(path).resolve()}"
