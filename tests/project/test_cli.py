"""The command `labelwidget`, as a terminal runs it."""

from __future__ import annotations

import labelwidget as lw
from labelwidget.cli import main


def test_sessions_lists_ids_counts_and_names(tmp_path, capsys):
    file = str(tmp_path / "labels.db")
    lw.connect(file)
    lw.create_label_schema("helpful", type="feedback", input=lw.InputPassFail())
    session = lw.create_labeling_session("first look", label_schemas=["helpful"])
    session.add_traces([{"inputs": "Hello?", "outputs": "Hello."}])
    lw.disconnect()

    assert main(["sessions", "--store", file]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == [session.labeling_session_id, "1", "'first", "look'"]
    lw.disconnect()


def test_what_cannot_be_done_is_said_on_the_error_output(capsys):
    assert main(["sessions", "--store", "ftp://example.org/labels"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "ftp" in printed.err
