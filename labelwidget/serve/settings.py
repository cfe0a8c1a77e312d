"""How the site is run: checked as a whole before anything listens."""

from __future__ import annotations

import ipaddress
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from labelwidget.errors import InvalidValueError, shown

__all__ = ["DEFAULT_PORT", "ProxyDoor", "SiteSettings"]

DEFAULT_PORT = 8866
_MIN_SECRET = 16
_HEADER = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")


class ProxyDoor(BaseModel):
    """A proxy that knows who comes, and says so in a header, with a secret that only it and the site know.

    Attributes:
        user_header: Names the visitor.
        secret_header: Carries the secret; a request without it is nobody's.
        secret: At least 16 characters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_header: Annotated[str, _HEADER]
    secret_header: Annotated[str, _HEADER] = "X-Labelwidget-Secret"  # noqa: S105  the header's name
    secret: Annotated[str, Field(min_length=_MIN_SECRET, repr=False)]


class SiteSettings(BaseModel):
    """The site.

    Attributes:
        store: Address of the store, as kernels open it.
        sessions: Ids of the sessions that are served; empty for all.
        ip: Where to listen.
        port: Likewise; 0 for any free one.
        url: How visitors reach the site, when it is not by `ip` and `port`: the address of the proxy before it.
        token: Lets the operator in; made when empty.
        password_hash: Lets the operator in by password: a hash made by `jupyter_server.auth.passwd`.
        operator: As whom the operator reviews.
        proxy: Believe a proxy about who comes; None for not.
        behind_proxy: The site may listen beyond this machine, since a proxy with TLS stands before it.
        warm: Kernels that are kept ready.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str
    sessions: frozenset[str] = frozenset()
    ip: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = DEFAULT_PORT
    url: str = ""
    token: Annotated[str, Field(repr=False)] = Field(default_factory=lambda: secrets.token_hex(24))
    password_hash: Annotated[str, Field(repr=False)] = ""
    operator: str
    proxy: ProxyDoor | None = None
    behind_proxy: bool = False
    warm: Annotated[int, Field(ge=0, le=16)] = 1

    def check(self) -> SiteSettings:
        """These settings.

        Raises:
            InvalidValueError: They would let in whom they should not.
        """
        if len(self.token) < _MIN_SECRET:
            raise InvalidValueError(
                f"The token has {len(self.token)} characters; {_MIN_SECRET} is the least. Leave it out to have one made."
            )
        if not _is_loopback(self.ip) and not self.behind_proxy:
            raise InvalidValueError(
                f"ip is {shown(self.ip)}, which others can reach without encryption. Put a proxy with TLS before the site and "
                "say so by --behind-proxy, or leave --ip out."
            )
        if self.url:
            parts = urlsplit(self.url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise InvalidValueError(
                    f"url is {shown(self.url)}; pass an address like 'https://review.company.com', without a path."
                )
        return self

    def address(self, port: int) -> str:
        """How visitors reach the site that listens on a port."""
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        return self.url.rstrip("/") or f"http://{host}:{port}"

    def hosts(self, port: int) -> frozenset[str]:
        """The `Host` headers that are the site's own; others are somebody else's name for this machine."""
        own = {urlsplit(self.address(port)).netloc.lower()}
        if not self.url:
            own |= {f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"}
        return frozenset(own)


def _is_loopback(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return ip == "localhost"
