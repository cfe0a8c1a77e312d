"""The web server of the review site: Voila's kernels and front end behind a door of its own.

Of Voila's addresses only what a review page needs is served: its scripts, and the socket of a kernel that belongs to whoever asks.
No files, no contents, no list of kernels.
"""

# Voila, nbformat and parts of the Jupyter server carry no usable types (Voila's `Dict` is a traitlet's); what is ours is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false, reportUntypedBaseClass=false
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

import jinja2
import nbformat
import tornado.web
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.security import passwd_check
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import ensure_async
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from labelwidget.content.json_text import printable
from labelwidget.errors import InvalidValueError, NotFoundError
from labelwidget.model.json import loads
from labelwidget.serve.kernel import FOLDER_VARIABLE, Welcome
from labelwidget.serve.messages import MAX_FRAME, passes
from labelwidget.serve.settings import SiteSettings
from labelwidget.serve.visitors import Door, Visitor
from labelwidget.store import connect

__all__ = ["ReviewSite", "serve"]

_HERE = Path(__file__).parent
_STATIC = _HERE / "assets"
_ID = r"([0-9a-f-]{36})"
_COOKIE_DAYS = 30
_SLOW_SECONDS = 1.0
"""After a wrong secret: a password cannot be tried by the thousand."""
_LOOK_AGAIN_SECONDS = 3.0
"""An open page notices so late that its invitation was revoked."""
_IDLE_SECONDS = 1_800
"""A kernel whose page is gone is ended after so long."""
_MAX_PARTS = 16
"""Of one frame: channel, header, parent, metadata, content, and what a message of ours never has."""
MAX_KERNELS = 4
"""Pages that a visitor may have open; the oldest is closed for one more."""

_EXTENSIONS = frozenset(
    {"@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"}
)
_NOTEBOOK = "from labelwidget.serve.kernel import show\n\nshow()"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# JupyterLab compiles its settings' schemas and styles itself; the widget's modules come by its kernel.
_REVIEW_POLICY = (
    "default-src 'self'; script-src 'self' blob: 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src blob:; font-src 'self' data:; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SiteIdentity(IdentityProvider):
    """Jupyter's notion of a user, filled by our door: no token in an address, no anonymous users."""

    def get_user(self, handler: tornado.web.RequestHandler) -> User | None:
        """Who makes a request, or None."""
        visitor = visitor_of(handler)
        return None if visitor is None else User(username=visitor.reviewer)

    def is_token_authenticated(self, handler: tornado.web.RequestHandler) -> bool:  # noqa: ARG002
        """Never: the check of the origin is left out for no request."""
        return False

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: the door is a page of the site."""
        return []


class Site:
    """What the handlers share.

    Args:
        settings: The site's.
        folder: Private to this user; where kernels hear whom they serve.
    """

    def __init__(self, settings: SiteSettings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.store = connect(settings.store)
        password = settings.password_hash
        self.door = Door(
            settings, self.store, lambda text: bool(password) and bool(passwd_check(password, text))
        )
        self.cookie = "labelwidget-site"
        self.hosts: frozenset[str] = frozenset()
        self.kernels: dict[str, Visitor] = {}
        self.pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "page"), autoescape=True
        )

    def render(self, page: str, **values: object) -> str:
        """A page of the site as text."""
        return printable(self.pages.get_template(page).render(**values))

    def owns(self, visitor: Visitor | None, kernel_id: str) -> bool:
        """Whether the kernel was started for this visitor."""
        owner = self.kernels.get(kernel_id)
        return visitor is not None and owner is not None and owner.reviewer == visitor.reviewer


def site_of(handler: tornado.web.RequestHandler) -> Site:
    """The site that a handler belongs to."""
    return handler.settings["labelwidget_site"]


def visitor_of(handler: tornado.web.RequestHandler) -> Visitor | None:
    """Who makes the request of a handler."""
    site = site_of(handler)
    cookie = handler.get_signed_cookie(site.cookie, max_age_days=_COOKIE_DAYS)
    return site.door.visitor(cookie, handler.request.headers)


class Guarded:
    """What all handlers of the site have: its own names only, headers, and where a request comes from."""

    policy: ClassVar[str] = _POLICY

    def check_host(self: Any) -> bool:
        """Whether the request is to a name of this site: another name is somebody's who points it here."""
        return self.request.host.lower() in site_of(self).hosts

    def check_origin(self: Any, origin_to_satisfy_tornado: str = "") -> bool:  # noqa: ARG002
        """Whether the request comes from a page of this site; a socket has to say so."""
        origin = self.request.headers.get("Origin")
        return origin is not None and urlsplit(origin).netloc.lower() in site_of(self).hosts

    @property
    def content_security_policy(self: Any) -> str:
        """The policy of the page."""
        return self.policy

    def set_default_headers(self: Any) -> None:
        """Headers of every answer."""
        self.set_header("Content-Security-Policy", self.policy)
        # Not `no-referrer`, by which browsers keep the origin of a form to themselves.
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def check_xsrf_cookie(self: Any) -> None:
        """Refuse what another site made the browser send: by its origin, in place of a token that a link could not carry."""
        if not self.check_origin() or self.request.headers.get("Sec-Fetch-Site", "same-origin") != (
            "same-origin"
        ):
            raise tornado.web.HTTPError(403, "not from a page of this site")


class Page(Guarded, JupyterHandler):
    """A page of the site."""

    def write_error(self, status_code: int, **kwargs: object) -> None:  # noqa: ARG002
        """A refusal in few words: nothing of what was asked for is repeated."""
        words = {403: "This is not yours to open.", 404: "There is no such page."}
        self.finish(
            site_of(self).render("trouble.html", text=words.get(status_code, "This did not work."))
        )


class NotThere(Page):
    """Whatever has no address."""

    @allow_unauthenticated
    def prepare(self) -> None:
        """Refuse."""
        raise tornado.web.HTTPError(404)


class Enter(Page):
    """The door: a link brings its secret behind `#`, which browsers keep to themselves, or it is typed."""

    @allow_unauthenticated
    def get(self) -> None:
        """The form."""
        self.finish(site_of(self).render("enter.html", wrong=False))

    @allow_unauthenticated
    async def post(self) -> None:
        """Let somebody in."""
        site = site_of(self)
        visitor = site.door.enter(self.get_body_argument("secret", ""), visitor_of(self))
        if visitor is None:
            await asyncio.sleep(_SLOW_SECONDS)
            self.set_status(403)
            self.finish(site.render("enter.html", wrong=True))
            return
        self.set_signed_cookie(
            site.cookie,
            visitor.model_dump_json(),
            expires_days=_COOKIE_DAYS,
            httponly=True,
            samesite="Lax",
            secure=site.settings.url.startswith("https:"),
            path="/",
        )
        invited = site.door.invited_last(visitor)
        self.redirect("/" if invited is None else f"/session/{invited}", status=303)


class Leave(Page):
    """Out of the door."""

    @allow_unauthenticated
    def post(self) -> None:
        """Forget who somebody is."""
        self.clear_cookie(site_of(self).cookie, path="/")
        self.redirect("/enter", status=303)


class Home(Page):
    """My sessions, with how far I am."""

    @tornado.web.authenticated
    def get(self) -> None:
        """The list."""
        site, visitor = site_of(self), visitor_of(self)
        assert visitor is not None  # noqa: S101  authenticated above
        self.finish(
            site.render(
                "home.html",
                reviewer=visitor.reviewer,
                sessions=site.door.sessions(visitor),
                leaves=site.settings.proxy is None,
            )
        )


class _VisitorKernels:
    """Voila's kernels as one visitor's: what is started or taken is theirs, and is told so."""

    def __init__(self, manager: Any, site: Site, visitor: Visitor, welcome: Welcome) -> None:
        self._manager = manager
        self._site = site
        self._visitor = visitor
        self._welcome = welcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    async def get_rendered_notebook(self, **arguments: Any) -> Any:
        found = await self._manager.get_rendered_notebook(**arguments)
        await self._take(found[2])
        return found

    async def start_kernel(self, **arguments: Any) -> str:
        kernel_id = await ensure_async(self._manager.start_kernel(**arguments))
        await self._take(kernel_id)
        return kernel_id

    async def _take(self, kernel_id: str) -> None:
        kernels = self._site.kernels
        mine = [one for one in kernels if self._site.owns(self._visitor, one)]
        for oldest in mine[: max(0, len(mine) - MAX_KERNELS + 1)]:
            await end_kernel(self._site, self._manager, oldest)
        kernels[kernel_id] = self._visitor
        self._welcome.write(self._site.folder, kernel_id)


async def end_kernel(site: Site, manager: Any, kernel_id: str) -> None:
    """End a kernel, if it is there still."""
    site.kernels.pop(kernel_id, None)
    with contextlib.suppress(KeyError, RuntimeError, tornado.web.HTTPError):
        if kernel_id in manager:
            await ensure_async(manager.shutdown_kernel(kernel_id, now=True))


class Session(Guarded, TornadoVoilaHandler):
    """The widget full page, in a kernel of the visitor's own."""

    policy = _REVIEW_POLICY
    _kernels: _VisitorKernels | None = None

    @property
    def kernel_manager(self) -> Any:
        """Voila's, as this visitor's."""
        return self._kernels or self.settings["kernel_manager"]

    @tornado.web.authenticated
    async def get(self, session_id: str) -> None:
        """The page."""
        site, visitor = site_of(self), visitor_of(self)
        if visitor is None or not site.door.opens(visitor, session_id):
            raise tornado.web.HTTPError(404)
        welcome = Welcome(session_id=session_id, reviewer=visitor.reviewer)
        self._kernels = _VisitorKernels(self.settings["kernel_manager"], site, visitor, welcome)
        async for html in self.get_generator(path=None):
            self.write(html)
            await self.flush()

    write_error = Page.write_error


class Shutdown(Page):
    """A page that is left says so."""

    async def post(self, kernel_id: str) -> None:
        """End the visitor's own kernel."""
        site = site_of(self)
        if not site.owns(visitor_of(self), kernel_id):
            raise tornado.web.HTTPError(404)
        await end_kernel(site, self.settings["kernel_manager"], kernel_id)
        self.set_status(204)
        self.finish()


class KernelState(Page):
    """Whether a kernel is there: what JupyterLab's client asks before it connects."""

    @tornado.web.authenticated
    async def get(self, kernel_id: str) -> None:
        """Its model."""
        if not site_of(self).owns(visitor_of(self), kernel_id):
            raise tornado.web.HTTPError(404)
        model = await ensure_async(self.settings["kernel_manager"].kernel_model(kernel_id))
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(model, default=str))


class Connection(ZMQChannelsWebsocketConnection):
    """The socket between a page and its kernel; only the widget's messages pass."""

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Let a message through, or drop it without a word."""
        handler = cast(Channels, self.websocket_handler)
        if not handler.still_welcome():
            handler.close(code=1008)
            return
        try:
            allowed = _allowed(self.subprotocol, incoming_msg)
        except Exception:  # noqa: BLE001
            return  # whatever it was, it is none of ours
        if allowed:
            super().handle_incoming_message(cast(str, incoming_msg))


def _allowed(subprotocol: str | None, message: str | bytes) -> bool:
    if subprotocol == "v1.kernel.websocket.jupyter.org":
        # Jupyter believes the number of parts that a frame says it has, and would count to 2^64.
        if not isinstance(message, bytes) or int.from_bytes(message[:8], "little") > _MAX_PARTS:
            return False
        channel, parts = deserialize_msg_from_ws_v1(message)
        header, content = loads(bytes(parts[0])), loads(bytes(parts[3]))
    else:
        if isinstance(message, bytes):
            return False  # the widget sends no buffers
        whole = loads(message)
        if not isinstance(whole, dict):
            return False
        channel, header, content = whole.get("channel"), whole.get("header"), whole.get("content")
    return isinstance(header, dict) and passes(channel, header.get("msg_type"), content)


class Channels(Guarded, VoilaKernelWebsocketHandler):
    """The socket of a kernel, for whom it was started."""

    _looked = 0.0
    _welcome = True

    async def pre_get(self) -> None:
        """Before the socket opens."""
        if not self.check_origin() or not self.check_host():
            raise tornado.web.HTTPError(403)
        if not site_of(self).owns(visitor_of(self), self.kernel_id):
            raise tornado.web.HTTPError(404)
        await super().pre_get()

    def still_welcome(self) -> bool:
        """Whether the visitor is still let in."""
        now = time.monotonic()
        if now - self._looked > _LOOK_AGAIN_SECONDS:
            self._looked = now
            owner = site_of(self).kernels.get(self.kernel_id)
            self._welcome = owner is not None and site_of(self).door.holds(owner)
        return self._welcome


class Static(Guarded, tornado.web.StaticFileHandler):
    """The site's own style and script."""

    def set_default_headers(self) -> None:
        """Headers of every answer."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-cache")


class ReviewSite(Voila):
    """Voila with the site's door before it."""

    site: Site
    on_ready: Callable[[str], None]

    def setup_template_dirs(self) -> None:
        """The page of the site first, before Voila's own templates."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(_HERE / "page" / "labelwidget"))

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings with ours."""
        settings = cast("dict[str, Any]", super().init_settings())
        return {
            **settings,
            "labelwidget_site": self.site,
            "login_url": "/enter",
            "default_handler_class": NotThere,
            "websocket_max_message_size": MAX_FRAME,
            "allow_remote_access": True,
        }

    def init_handlers(self) -> list[Any]:
        """Of Voila's addresses those that hold scripts; everything else is ours."""
        wanted = {"MultiStaticFileHandler", "FileFindHandler", "ThemesHandler"}
        scripts = [
            one for one in cast("list[Any]", super().init_handlers()) if one[1].__name__ in wanted
        ]
        notebook = {
            "notebook_path": Path(str(self.notebook_path)).name,
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        return [
            *scripts,
            (rf"/api/kernels/{_ID}", KernelState),
            (rf"/api/kernels/{_ID}/channels", Channels),
            (rf"/voila/api/shutdown/{_ID}", Shutdown),
            (r"/site/(site\.css|enter\.js)", Static, {"path": str(_STATIC)}),
            (r"/enter", Enter),
            (r"/leave", Leave),
            (r"/session/([0-9a-zA-Z-]{1,64})", Session, notebook),
            (r"/", Home),
        ]

    def listen(self) -> None:
        """Listen, and say where."""
        try:
            sockets = tornado.netutil.bind_sockets(self.port, self.ip)
        except OSError as error:
            self.stop()
            raise InvalidValueError(
                f"The site cannot listen at {self.ip}, port {self.port}: {error.strerror}. Choose another with --port."
            ) from None
        server = tornado.httpserver.HTTPServer(self.app)
        server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self.site.hosts = self.site.settings.hosts(self.port)
        self.site.cookie = f"labelwidget-site-{self.port}"
        self.on_ready(self.site.settings.address(self.port))
        self.ioloop = tornado.ioloop.IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()


def _only_widgets(page_config: dict[str, Any], **_: object) -> dict[str, Any]:
    """Of the extensions that are installed for JupyterLab those that draw widgets: the others cost time, and none is needed."""
    found: list[dict[str, Any]] = page_config.get("federated_extensions", [])
    page_config["federated_extensions"] = [one for one in found if one["name"] in _EXTENSIONS]
    return page_config


@contextlib.contextmanager
def _private_folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="labelwidget-site-"))
    folder.chmod(0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve(settings: SiteSettings, on_ready: Callable[[str], None]) -> None:
    """Run the site until it is interrupted.

    Args:
        settings: How.
        on_ready: Told the site's address when it listens.

    Raises:
        InvalidValueError: The settings would let in whom they should not.
        NotFoundError: A session that is to be served does not exist.
        StoreError: The store cannot be opened.
    """
    settings.check()
    with _private_folder() as folder:
        site = Site(settings, folder)
        known = {info.session_id for info in site.store.sessions()}
        if missing := settings.sessions - known:
            raise NotFoundError(
                f"The store {site.store.url} has no session {min(missing)}; `labelwidget sessions` lists those that it has."
            )
        served = folder / "served"
        served.mkdir()
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(_NOTEBOOK)],
            metadata={
                "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}
            },
        )
        nbformat.write(notebook, served / "review.ipynb")
        heard = folder / "heard"
        heard.mkdir()
        site.folder = heard
        os.environ["LABELWIDGET_STORE"] = settings.store
        os.environ[FOLDER_VARIABLE] = str(heard)
        config = Config()
        config.Voila.update(
            {
                "ip": settings.ip,
                "port": settings.port,
                "open_browser": False,
                "cookie_secret": secrets.token_bytes(32),
                "identity_provider_class": SiteIdentity,
                "kernel_websocket_connection_class": Connection,
                "log_level": "WARN",
                "connection_dir_root": str(folder),
            }
        )
        config.VoilaConfiguration.update(
            {
                "preheat_kernel": settings.warm > 0,
                "default_pool_size": settings.warm,
                "file_allowlist": [],
                "page_config_hook": _only_widgets,
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
            }
        )
        if os.name == "posix":
            # Sockets in a folder of this user's: on a port, others on this machine could listen.
            config.KernelManager.transport = "ipc"
        config.MappingKernelManager.update(
            {"cull_idle_timeout": _IDLE_SECONDS, "cull_interval": 60, "cull_busy": True}
        )
        app = ReviewSite(config=config, notebook_path=str(served / "review.ipynb"))
        app.site = site
        app.on_ready = on_ready
        app.config_file_paths = []
        app.initialize([])
        app.start()
