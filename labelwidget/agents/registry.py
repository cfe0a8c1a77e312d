"""Which agents there are: names in the store, functions in this kernel.

```
register(store, "shop", agent=answer)
register(store, "gpt", endpoint="https://api.openai.com/v1?model=gpt-4o-mini")
function = resolve(store, "shop")
```
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

from labelwidget.agents.endpoint import checked_endpoint, endpoint_agent
from labelwidget.errors import AlreadyExistsError, InvalidValueError, NotFoundError, shown
from labelwidget.model.turn import AgentInfo
from labelwidget.store.base import Store

__all__ = ["AgentFunction", "name_of", "register", "resolve", "unregister"]

AgentFunction = Callable[..., object]

MAX_NAME = 250

# By the store's address, so that opening it again finds the functions of this kernel.
_functions: dict[tuple[str, str], AgentFunction] = {}


def register(
    store: Store,
    name: str,
    *,
    agent: AgentFunction | None = None,
    endpoint: str | None = None,
    overwrite: bool = False,
    by: str = "",
) -> AgentInfo:
    """Keep an agent's name, and its function in this kernel.

    The same again changes nothing; a function may always be registered anew under a name of a function, so that running a
    cell again takes the changed code.

    Args:
        store: Where the name is kept.
        name: 1–250 characters.
        agent: The function.
        endpoint: Or the server's address.
        overwrite: Replace an agent of this name that is another server, or of the other kind.
        by: Who registers it.

    Raises:
        AlreadyExistsError: The name is another agent's.
        InvalidValueError: Neither or both are given, or one is not usable.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise InvalidValueError(
            f"agent_name is {shown(name)}; pass a text of 1 to {MAX_NAME} characters."
        )
    if (agent is None) == (endpoint is None):
        raise InvalidValueError(
            f"Give the agent {shown(name)} either agent= (a Python function) or model_serving_endpoint= (the address of an "
            "OpenAI-compatible server)."
        )
    if agent is not None and not callable(agent):
        raise InvalidValueError(
            f"agent is {shown(agent)}; pass a function that takes messages or the inputs and returns the answer."
        )
    if endpoint is not None:
        checked_endpoint(endpoint)
    old = store.agent(name)
    if old is not None and old.model_serving_endpoint != endpoint:
        if not overwrite:
            raise AlreadyExistsError(
                f"Agent {shown(name)} already exists with a different model serving endpoint "
                f"({_kind(old.model_serving_endpoint)}, not {_kind(endpoint)}). Please use overwrite=True, or another name."
            )
        warnings.warn(
            f"Agent {shown(name)} is replaced. This impacts any labeling sessions using this agent.",
            stacklevel=3,
        )
    if old is None or old.model_serving_endpoint != endpoint:
        old = AgentInfo(
            agent_name=name,
            model_serving_endpoint=endpoint,
            created_at=int(time.time() * 1000) if old is None else old.created_at,
            created_by=by if old is None else old.created_by,
        )
        store.put_agent(old)
    if agent is None:
        _functions.pop((store.url, name), None)
    else:
        _functions[store.url, name] = agent
    return old


def unregister(store: Store, name: str) -> None:
    """Forget an agent; what it answered stays.

    Raises:
        NotFoundError: There is none of this name.
    """
    if not store.delete_agent(name):
        raise NotFoundError(f"Agent {shown(name)} not found. {_known(store)}")
    _functions.pop((store.url, name), None)


def resolve(store: Store, name: str) -> AgentFunction:
    """The function behind a name.

    Raises:
        NotFoundError: There is no such agent, or its function was not registered in this kernel; says how to do it.
        MissingExtraError: It is a server, and the extra `agents` is not installed.
    """
    function = _functions.get((store.url, name))
    if function is not None:
        return function
    info = store.agent(name)
    if info is None:
        raise NotFoundError(
            f"Agent {shown(name)} not found. {_known(store)} Register it: "
            f"labelwidget.get_review_app().add_agent(agent_name={name!r}, agent=your_function)."
        )
    if info.model_serving_endpoint is None:
        raise NotFoundError(
            f"Agent {shown(name)} is a Python function, and functions are not kept: it has to be registered again in this "
            f"kernel. Run the cell that defines it, then labelwidget.get_review_app().add_agent(agent_name={name!r}, "
            "agent=your_function)."
        )
    return endpoint_agent(info.model_serving_endpoint, name)


def name_of(store: Store, agent: str | AgentFunction, *, by: str = "") -> str:
    """The name of an agent that is given by name or as a function; a new function is registered by its own name.

    Raises:
        InvalidValueError: Neither.
        NotFoundError: No agent has the name.
        AlreadyExistsError: The function's name is that of a server.
    """
    if isinstance(agent, str):
        if store.agent(agent) is None:
            resolve(store, agent)
        return agent
    if not callable(agent):
        raise InvalidValueError(
            f"agent is {shown(agent)}; pass an agent's name or a Python function."
        )
    for (url, known), function in _functions.items():
        if function is agent and url == store.url:
            return known
    name = getattr(agent, "__name__", type(agent).__name__)
    if not isinstance(name, str) or name == "<lambda>":
        name = "agent"
    return register(store, name, agent=agent, by=by).agent_name


def _kind(endpoint: str | None) -> str:
    return "a Python function" if endpoint is None else shown(endpoint, 200)


def _known(store: Store) -> str:
    names = [info.agent_name for info in store.agents()]
    return f"There are: {shown(names, 300)}." if names else "There are none yet."
