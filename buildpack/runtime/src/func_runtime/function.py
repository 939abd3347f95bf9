"""The function, whole: every hook is there and can be awaited, however its author wrote it.

The only module that touches the author's object.
"""

import functools
import inspect
import logging
import threading
from asyncio import AbstractEventLoop, get_running_loop, run_coroutine_threadsafe
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple

from func_runtime import names
from func_runtime.asgi import Handler, Receive, Scope, Send
from func_runtime.errors import FunctionFailed, HandleMissing
from func_runtime.loader import RAISED, Entry
from func_runtime.threads import Threads

log = logging.getLogger("func_runtime")

Configuration = dict[str, str]
Hook = Callable[[], Awaitable[object]]


class Function(NamedTuple):
    """A function with all of its hooks; one that its author left out is None."""

    handle: Handler
    start: Callable[[Configuration], Awaitable[object]] | None = None
    stop: Hook | None = None
    alive: Hook | None = None
    ready: Hook | None = None


def create(entry: Entry, complete: Callable[[Coroutine[Any, Any, object]], object]) -> object:
    """Call new() and return the instance; `complete` runs what an `async def new` returns.

    :raises FunctionFailed: new() raised.
    """
    try:
        instance = entry.create()
        if inspect.isawaitable(instance):
            instance = complete(_await(instance))
    except RAISED as error:
        raise FunctionFailed("new()") from error
    return instance


def adapt(instance: object, origin: str, threads: Threads, hook_threads: Threads) -> Function:
    """Turn the instance into a Function. What is not async runs in the threads.

    :raises HandleMissing: there is no handle, or one that takes other arguments.
    """
    handle = getattr(instance, names.HANDLE, None)
    if not callable(handle):
        kind = type(instance).__name__
        raise HandleMissing(origin, f"new() returned an instance of {kind}, without that method")
    if (signature := _signature(handle)) and not _takes_request(signature):
        raise HandleMissing(origin, f"handle{signature}, which cannot be called with these three")
    hooks = {
        name: _hook(method, hook_threads)
        for name in ("start", "stop", "alive", "ready")
        if (method := _method(instance, name)) is not None
    }
    return Function(_handler(handle, threads), **hooks)


def _signature(handle: Callable[..., object]) -> inspect.Signature | None:
    try:
        return inspect.signature(handle, follow_wrapped=False)
    except Exception:  # noqa: BLE001 -- compiled ones do not tell; others raise in annotations
        return None


def _takes_request(signature: inspect.Signature) -> bool:
    try:
        signature.bind("scope", "receive", "send")
    except TypeError:
        return False
    return True


def is_async(function: Callable[..., object]) -> bool:
    """Say whether calling it gives a coroutine: `async def`, also behind partial or __call__."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), "__call__", None)  # noqa: B004 -- its kind matters, not that it is
    )


def _method(instance: object, name: str) -> Callable[..., Any] | None:
    found = getattr(instance, name, None)
    if found is None or callable(found):
        return found
    log.warning("%s of the function is a %s, no method: not called", name, type(found).__name__)
    return None


def _hook(hook: Callable[..., Any], threads: Threads) -> Callable[..., Awaitable[object]]:
    if is_async(hook):
        return hook

    async def run(*arguments: object) -> object:
        result = await threads.run(hook, *arguments)
        return await result if inspect.isawaitable(result) else result

    return run


def _handler(handle: Callable[..., Any], threads: Threads) -> Handler:
    if is_async(handle):
        return handle

    async def run(scope: Scope, receive: Receive, send: Send) -> object:
        here = get_running_loop(), threading.get_ident()
        result = await threads.run(handle, scope, Blocking(receive, *here), Blocking(send, *here))
        return await result if inspect.isawaitable(result) else result

    return run


async def _await(awaitable: Awaitable[object]) -> object:
    return await awaitable


class Blocking:
    """An asynchronous callable, for code in a thread: a call returns when it is done.

    On the loop's own thread it stays what it is, for a plain function may return a coroutine that
    uses it (`def handle(*request): return app(*request)`).
    """

    def __init__(self, function: Callable[..., Any], loop: AbstractEventLoop, thread: int) -> None:
        self._function = function
        self._loop = loop
        self._loop_thread = thread

    def __call__(self, *arguments: object, **named: object) -> object:
        """Call it, and outside of the loop's thread wait for the result and return that."""
        coroutine = self._function(*arguments, **named)
        if threading.get_ident() == self._loop_thread:
            return coroutine
        return run_coroutine_threadsafe(coroutine, self._loop).result()

    def __getattr__(self, name: str) -> "Blocking":
        # send.structured, send.binary, send.http of a CloudEvents function.
        return Blocking(getattr(self._function, name), self._loop, self._loop_thread)
