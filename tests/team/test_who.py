"""Who reviews: a login, else what Python says, else the account."""

from __future__ import annotations

import getpass

import pytest

from labelwidget.errors import InvalidValueError
from labelwidget.review.reviewer import default_reviewer, signed_in_reviewer


def test_a_login_comes_before_what_a_copied_notebook_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.delenv("LABELWIDGET_USER", raising=False)
    assert signed_in_reviewer(None) == getpass.getuser()
    assert signed_in_reviewer(" alice ") == "alice"
    monkeypatch.setenv("LABELWIDGET_USER", "carol")
    assert default_reviewer() == "carol"
    with pytest.warns(
        UserWarning, match="signed in to this server as 'carol'.*'alice' was not taken"
    ):
        assert signed_in_reviewer("alice") == "carol"
    monkeypatch.setenv("JUPYTERHUB_USER", "bob")
    assert signed_in_reviewer(None) == "bob"
    assert signed_in_reviewer("Bob") == "Bob"
    with pytest.warns(UserWarning, match="JupyterHub as 'bob'"):
        assert signed_in_reviewer("alice") == "bob"


def test_the_name_of_a_resolution_cannot_be_taken() -> None:
    with pytest.raises(InvalidValueError, match="resolve=True"):
        signed_in_reviewer("alice (Resolution)")
