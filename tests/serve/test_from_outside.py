"""The review site, tried from outside as somebody would who means no good."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta

import pytest

import labelwidget as lw
from labelwidget.errors import InvalidValueError
from labelwidget.serve.settings import SiteSettings
from tests.serve.site import TOKEN, Visitor, running

NOBODY = "00000000-0000-4000-8000-000000000000"


# --- Without a login ---


@pytest.mark.parametrize("path", ["/", "/session/0123", f"/api/kernels/{NOBODY}", "/voila/render/review.ipynb"])  # fmt: skip
def test_no_page_without_login(anybody, path):
    answer = anybody.ask("GET", path)
    assert answer.status in (302, 404)
    assert "Question" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/kernels", "/api/contents", "/api/contents/review.ipynb", "/api/sessions", "/api/terminals", "/api/kernelspecs",
        "/voila/files/review.ipynb", "/voila/files/../labels.db", "/voila/tree", "/voila/api/contents", "/login", "/static/",
        "/voila/static/../../../labels.db", "/site/../site.py", "/site/%2e%2e/site.py", "/voila/execution/" + NOBODY,
        "/voila/query/" + NOBODY, "/files/labels.db",
    ],
)  # fmt: skip
def test_what_a_jupyter_server_would_offer_is_not_there(alice, path):
    assert alice.ask("GET", path).status in (403, 404)


def test_no_socket_without_login_nor_for_another(anybody, alice, bob, sessions):
    kernel = alice.open(sessions["for alice"].labeling_session_id)
    assert anybody.refused(kernel) == 403
    assert bob.refused(kernel) == 404
    assert bob.ask("GET", f"/api/kernels/{kernel}").status == 404
    assert bob.ask("POST", f"/voila/api/shutdown/{kernel}").status == 404
    assert anybody.ask("POST", f"/voila/api/shutdown/{kernel}").status == 403
    assert alice.refused(NOBODY) == 404
    assert alice.refused(kernel) == 0


def test_a_token_in_an_address_lets_nobody_in(anybody):
    assert anybody.ask("GET", f"/?token={TOKEN}").status == 302
    assert anybody.ask("GET", "/", Authorization=f"token {TOKEN}").status == 302
    assert anybody.ask("GET", "/").status == 302


def test_a_wrong_secret_and_a_forged_cookie_let_nobody_in(anybody, alice):
    assert anybody.enter("wrong").status == 403
    assert anybody.enter("").status == 403
    assert anybody.enter("x" * 10_000).status == 403
    (name,) = alice.cookies
    kind, _, rest = alice.cookies[name].partition("|")
    for forged in (
        "",
        "x",
        '{"reviewer":"alice"}',
        f"{kind}|{rest[:-1]}0",
        alice.cookies[name][::-1],
    ):
        anybody.cookies[name] = forged
        assert anybody.ask("GET", "/").status == 302


# --- From elsewhere ---


def look_alikes(port: int) -> list[str]:
    own = f"127.0.0.1:{port}"
    return [
        "https://evil.example", "null", f"http://{own}.evil.example", f"http://evil{own}", f"http://evil.example/{own}",
        f"http://{own}@evil.example", f"http://127.0.0.1:{port}0", "http://127.0.0.1", f"http://127.0.0.1.nip.io:{port}",
    ]  # fmt: skip


def test_a_foreign_origin_is_refused(alice, site, sessions):
    kernel = alice.open(sessions["for alice"].labeling_session_id)
    for origin in [*look_alikes(site.port), None]:
        assert alice.refused(kernel, origin=origin) == 403, origin
        headers = {} if origin is None else {"Origin": origin}
        for path in ("/enter", "/leave", f"/voila/api/shutdown/{kernel}"):
            answer = alice.ask("POST", path, {"secret": TOKEN}, **{"Origin": "", **headers})
            assert answer.status == 403, (path, origin)
    assert alice.ask("POST", "/leave", Sec_Fetch_Site="cross-site").status == 403
    assert alice.refused(kernel) == 0


def test_another_name_for_this_machine_is_refused(anybody, site):
    for host in (f"evil.example:{site.port}", "evil.example", f"127.0.0.1.nip.io:{site.port}"):
        assert anybody.ask("GET", "/enter", Host=host).status == 403


def test_every_answer_carries_its_headers(alice, sessions):
    for path in (
        "/",
        "/enter",
        f"/session/{sessions['for alice'].labeling_session_id}",
        "/nowhere",
    ):
        headers = alice.ask("GET", path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"


# --- What an expert may open ---


def test_an_invitation_opens_its_session_alone(alice, sessions):
    home = alice.ask("GET", "/").text
    assert "for alice" in home
    assert "for both" not in home
    for name in ("for bob", "for both"):
        assert alice.ask("GET", f"/session/{sessions[name].labeling_session_id}").status == 404
    assert alice.enter(sessions["for both"].invite("alice")).status == 303
    assert "for both" in alice.ask("GET", "/").text


def test_an_invitation_ends_when_it_expires_or_is_revoked(anybody, site, sessions):
    session = sessions["for alice"]
    link = session.invite("alice", expires=timedelta(days=1))
    assert anybody.enter(link).status == 303
    kernel = anybody.open(session.labeling_session_id)
    socket = anybody.socket(kernel)
    assert session.revoke(link) == 1
    assert anybody.ask("GET", "/").status == 302
    assert anybody.enter(link).status == 403
    assert anybody.refused(kernel) == 403
    # The page that is open is closed by its next message.
    replies = socket.until(socket.send("kernel_info_request", {}), 8)
    assert "kernel_info_reply" not in {one["header"]["msg_type"] for one in replies}

    early = session.invite("alice", expires=timedelta(milliseconds=1))
    assert Visitor(site).enter(early).status == 403
    with pytest.raises(InvalidValueError):
        session.invite("alice", expires=timedelta(seconds=-1))


def test_the_ticket_of_an_exported_page_is_no_invitation(anybody, sessions, tmp_path):
    file = sessions["for alice"].export_html(tmp_path / "review.html", "alice")
    ticket = json.loads(
        file.read_text().partition('id="labelwidget-data">')[2].partition("</script>")[0]
    )["ticket"]
    assert anybody.enter(ticket).status == 403


# --- The socket of one's own kernel ---


@pytest.mark.parametrize("protocol", [False, True])
def test_no_code_runs_through_the_socket(alice, sessions, folder, protocol):
    kernel = alice.open(sessions["for alice"].labeling_session_id)
    socket = alice.socket(kernel)
    mark = folder / f"ran-{protocol}"
    code = {
        "code": f"open({str(mark)!r}, 'w')", "silent": False, "store_history": False, "user_expressions": {},
        "allow_stdin": False, "stop_on_error": True,
    }  # fmt: skip
    for channel in ("shell", "control", "iopub", "stdin"):
        for kind in (
            "execute_request", "inspect_request", "complete_request", "debug_request", "input_reply", "shutdown_request",
            "interrupt_request", "create_subshell_request", "is_complete_request", "history_request", "usage_request",
        ):  # fmt: skip
            socket.send(kind, code, channel)
    if protocol:
        raw = alice.socket(kernel, protocol=True)
        for channel in (b"shell", b"control"):
            header = json.dumps(
                {"msg_id": "1", "msg_type": "execute_request", "version": "5.4"}
            ).encode()
            raw.raw(_frame(channel, header, b"{}", b"{}", json.dumps(code).encode()))
        for junk in (b"", b"\xff" * 9, b"\x00" * 64, _frame(b"shell", b"[]", b"{}", b"{}", b"{}")):
            raw.raw(junk)
    for junk in (
        "",
        "[]",
        "null",
        "{",
        '{"header": []}',
        "[" * 5_000,
        '{"header":{"msg_type":["x"]}}',
    ):
        socket.raw(junk)
    # A widget of another class, a message to trait state, and one that the page does send.
    make = {"comm_id": "c1", "target_name": "jupyter.widget", "data": {"state": {"_model_name": "VBoxModel"}}}  # fmt: skip
    socket.send("comm_open", make)
    replies = socket.until(socket.send("kernel_info_request", {}))
    assert replies[-1]["header"]["msg_type"] == "kernel_info_reply"
    kinds = {one["header"]["msg_type"] for one in replies}
    assert not kinds & {
        "execute_reply",
        "execute_input",
        "error",
        "inspect_reply",
        "complete_reply",
    }
    assert not mark.exists()
    assert alice.ask("GET", f"/api/kernels/{kernel}").status == 200


def test_the_widget_answers_through_the_socket_for_its_own_reviewer_only(alice, sessions):
    session = sessions["for alice"]
    kernel = alice.open(session.labeling_session_id)
    socket = alice.socket(kernel)
    opened = socket.until(socket.send("comm_info_request", {"target_name": "jupyter.widget"}))
    comms = list(opened[-1]["content"]["comms"])
    other = sessions["for bob"].to_df().index[0]
    mine = session.to_df().index[0]

    def asks(op: str, **more: object) -> list[dict[str, object]]:
        found = []
        for comm in comms:
            content = {"v": 1, "req": uuid.uuid4().hex, "op": op, **more}
            sent = socket.send(
                "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}
            )
            del sent
        # A save is answered when it is on disk, which other requests need not wait for.
        deadline = time.monotonic() + 30
        while not found and time.monotonic() < deadline:
            for one in socket.until(socket.send("kernel_info_request", {})):
                data = (
                    one["content"].get("data", {})
                    if one["header"]["msg_type"] == "comm_msg"
                    else {}
                )
                if isinstance(data, dict) and "req" in data.get("content", {}):
                    found.append(data["content"])
        return found

    (hello,) = asks("hello")
    assert hello["ok"]["reviewer"]["name"] == "alice"
    (refused,) = asks("blocks", item_id=other, start=0)
    assert refused["error"]["code"] == "not_found"
    event = {
        "event_id": uuid.uuid4().hex,
        "item_id": mine,
        "kind": "answer",
        "name": "good",
        "value": True,
    }
    (saved,) = asks("save", events=[event])
    assert saved["ok"]["results"][0]["saved"]
    assert session.assessments_df().source_id.tolist() == ["alice"]
    (forged,) = asks("save", events=[{**event, "event_id": uuid.uuid4().hex, "reviewer": "bob"}])
    assert forged["error"]["code"] == "bad_message"


def test_nothing_secret_is_in_the_log(site, alice, sessions):
    alice.ask("GET", "/nowhere?token=" + TOKEN[:6])
    link = sessions["for alice"].invite("alice")
    Visitor(site).enter(link)
    text = site.log.read_text()
    secret = link.rpartition(".")[2]
    assert secret not in text
    assert text.count(TOKEN) == 1  # the line for the operator
    assert "Question number" not in text


# --- Behind a proxy ---


def test_a_proxy_is_believed_by_its_secret_alone(folder, sessions):
    secret = folder / "secret"
    secret.write_text("s" * 32 + "\n")
    with running(
        folder, "--warm", "0", "--user-header", "X-Forwarded-User", "--secret-file", str(secret), "--session",
        sessions["for bob"].labeling_session_id,
    ) as site:  # fmt: skip
        visitor = Visitor(site)
        told = {"X_Forwarded_User": "bob"}
        assert visitor.ask("GET", "/", **told).status == 302
        assert visitor.ask("GET", "/", **told, X_Labelwidget_Secret="wrong").status == 302
        home = visitor.ask("GET", "/", **told, X_Labelwidget_Secret="s" * 32)
        assert (home.status, "for bob" in home.text, "for both" in home.text) == (200, True, False)
        named = {"X_Forwarded_User": "mallory", "X_Labelwidget_Secret": "s" * 32}
        assert "Nothing is assigned" in visitor.ask("GET", "/", **named).text
        assert visitor.enter(TOKEN).status == 303
        assert visitor.ask("GET", "/").status == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ip": "0.0.0.0"}, "--behind-proxy"),  # noqa: S104  what is refused
        ({"ip": "example.com"}, "--behind-proxy"),
        ({"token": "short"}, "16"),
        ({"url": "https://example.com/review"}, "without a path"),
        ({"url": "example.com"}, "address"),
    ],
)
def test_settings_that_would_let_in_too_many_are_refused(changes, words):
    settings = SiteSettings.model_validate({"store": "labels.db", "operator": "me", **changes})
    with pytest.raises(InvalidValueError, match=words):
        settings.check()


def _frame(*parts: bytes) -> bytes:
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(parts)


def test_links_are_made_for_the_address_of_the_site(sessions, monkeypatch):
    session: lw.LabelingSession = sessions["for alice"]
    assert session.url == f"http://127.0.0.1:8866/session/{session.labeling_session_id}"
    monkeypatch.setenv("LABELWIDGET_URL", "https://review.example.com/")
    assert session.url == f"https://review.example.com/session/{session.labeling_session_id}"
    assert session.invite("alice").startswith("https://review.example.com/enter#")
