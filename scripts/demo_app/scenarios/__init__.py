"""Everything that customers and staff ask in the demo."""

from script import Conversation, Scenario

from .languages import LANGUAGES
from .long import LONG
from .numbers import NUMBERS
from .orders import ORDERS
from .policies import POLICIES
from .talks import TALKS

ALL: tuple[Scenario | Conversation, ...] = (*POLICIES, *ORDERS, *NUMBERS, *LANGUAGES, *LONG, *TALKS)

_OPENING = (
    "return-used-tent", "refund-time", "where-is-my-tent", "alder-compare", "return-wrong-item",
    "conv-7f31-zipper", "return-rates", "gift-card-2019", "arabic-return", "long-trek-plan", "outage-timeout",
)  # fmt: skip


def opening() -> list[Scenario | Conversation]:
    """The traces that a new user sees first, in this order."""
    named = {item.id if isinstance(item, Conversation) else item.key: item for item in ALL}
    return [named[name] for name in _OPENING]
