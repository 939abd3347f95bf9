"""Turns what the author wrote into hooks that can be awaited, whether they are async or not.

No other module uses the author's object.
"""

import functools
import inspect
import logging
import sys
import threading
from asyncio import AbstractEventLoop, get_running_loop, run_coroutine_threadsafe
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, overload

from func_runtime import constants
from func_runtime.asgi import Handler, Receive, Scope, Send
from func_runtime.errors import FunctionFailed, HandleInvalid, SignatureMismatch, WsgiApplication
from func_runtime.function.loader import RAISED, Entry
from func_runtime.function.threads import Threads
from func_runtime.system import signals

log = logging.getLogger("func_runtime")

Configuration = dict[str, str]
Hook = Callable[[], Awaitable[object]]


class Function(NamedTuple):
    """The hooks of a function. A hook that its author has not written is None.

    :param is_application: handle is an ASGI application, which may have a lifespan too.
    """

    handle: Handler
    start: Callable[[Configuration], Awaitable[object]] | None = None
    stop: Hook | None = None
    alive: Hook | None = None
    ready: Hook | None = None
    is_application: bool = False


# The arguments of each hook, as error messages name them.
_HOOKS = {"start": ("cfg",), "stop": (), "alive": (), "ready": ()}
_REQUEST = ("scope", "receive", "send")

# The folders of installed packages. The second is Debian's.
_INSTALLED = ("/site-packages/", "/dist-packages/")


def create(entry: Entry, complete: Callable[[Coroutine[Any, Any, object]], object]) -> object:
    """Call new() and return the instance.

    :param complete: runs the coroutine of an `async def new`.
    :raises SignatureMismatch: new requires arguments. :raises FunctionFailed: new() raised.
    """
    if not _takes(entry.create, ()):
        found = f"{constants.NEW}{_signature(entry.create)}"
        raise SignatureMismatch(entry.origin, found, f"{constants.NEW}()")
    try:
        instance = entry.create()
        if inspect.isawaitable(instance):
            instance = complete(_await(instance))
    except RAISED as error:
        raise FunctionFailed("new()") from error
    return instance


def adapt(instance: object, origin: str, threads: Threads, hook_threads: Threads) -> Function:
    """Return the Function for an instance.

    Hooks that are not async run in threads. Only start and stop are called in the event loop, as
    async ones are (docs/adr/0015).

    :raises HandleInvalid: there is no handle, or it has the wrong arguments.
    :raises WsgiApplication: the function is one.
    :raises SignatureMismatch: a hook has the wrong arguments.
    """
    handle = _find_handle(instance, origin)
    found = _find_hooks(instance, origin, is_handle=handle is instance)
    hooks = {
        "start": _on_loop(found.get("start"), signals.process.interrupting),
        "stop": _on_loop(found.get("stop"), nullcontext),
        "alive": _in_thread("alive", found.get("alive"), hook_threads),
        "ready": _in_thread("ready", found.get("ready"), hook_threads),
    }
    return Function(_handler(handle, threads), **hooks, is_application=_is_application(handle))


def _find_handle(instance: object, origin: str) -> Callable[..., object]:
    """Return what is called with requests: an attribute `handle`, or the instance itself."""
    handle: object = getattr(instance, constants.HANDLE, None)
    candidates = [each for each in (handle, instance) if callable(each)]
    if _is_of_framework(instance, constants.HANDLE):
        candidates.reverse()  # the handle() of Django's ASGIHandler is for its own __call__
    for candidate in candidates:
        if _takes(candidate, _REQUEST) and not isinstance(instance, type):
            return candidate
    for candidate in candidates:
        if _is_wsgi(candidate):
            raise WsgiApplication(origin, _described(candidate))
    if not callable(handle):
        kind = type(instance).__name__
        raise HandleInvalid(origin, f"new() returned an instance of {kind}, without that method")
    found = f"{constants.HANDLE}{_signature(handle) or '()'}"
    raise HandleInvalid(origin, f"{found}, which cannot be called with these three")


def _find_hooks(instance: object, origin: str, *, is_handle: bool) -> dict[str, Callable[..., Any]]:
    """Return the hooks of an instance by name.

    If the instance itself is an application, its framework may have methods of the same names for
    other purposes, such as start() of BlackSheep.
    """
    found = {
        name: hook
        for name in _HOOKS
        if (hook := _method(instance, name)) is not None
        and not (is_handle and _is_of_framework(instance, name))
    }
    for name, hook in found.items():
        if not _takes(hook, _HOOKS[name]):
            defined, arguments = _defined(hook, _HOOKS[name])
            expected = f"{name}({', '.join(arguments)})"
            raise SignatureMismatch(origin, f"{name}{_signature(defined)}", expected)
    return found


def _is_of_framework(instance: object, name: str) -> bool:
    """Return whether a method is defined in an installed package, not by the function's author."""
    if name in getattr(instance, "__dict__", ()):
        return False
    for kind in type(instance).__mro__:
        if name in vars(kind):
            file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
            return any(folder in file for folder in _INSTALLED)
    return False


def _signature(function: Callable[..., object]) -> inspect.Signature | None:
    try:
        return inspect.signature(function, follow_wrapped=False)
    except Exception:  # noqa: BLE001 -- compiled ones have none; others raise in annotations
        return None


def _defined(
    function: Callable[..., object], arguments: tuple[str, ...]
) -> tuple[Callable[..., object], tuple[str, ...]]:
    """Return a function as its author wrote it, and its arguments: methods have a self."""
    if inspect.ismethod(function):
        return function.__func__, ("self", *arguments)
    return function, arguments


def _takes(function: Callable[..., object], arguments: tuple[str, ...]) -> bool:
    """Return whether a function can be called with these, or True if that is not known."""
    function, arguments = _defined(function, arguments)
    signature = _signature(function)
    try:
        if signature:
            signature.bind(*arguments)
    except TypeError:
        return False
    return True


def _is_wsgi(function: Callable[..., object]) -> bool:
    """Return whether a function has the arguments of PEP 3333, by their usual names."""
    signature = _signature(function)
    if signature is None or not _takes(function, ("environ", "start_response")):
        return False
    first, second, *_ = (*signature.parameters, "", "")
    return first.startswith("env") or second.startswith("start_resp")


def _described(candidate: Callable[..., object]) -> str:
    if inspect.isroutine(candidate):
        return f"the function {candidate.__name__}"
    return f"an instance of {type(candidate).__module__}.{type(candidate).__qualname__}"


def _is_application(handle: Any) -> bool:  # noqa: ANN401 -- what is callable in some way
    """Return whether this is an ASGI application, by its type (docs/adr/0016).

    Callable objects are, such as a framework's application or a middleware, and their methods.
    Functions, classes and methods of other objects are not: they are called only with requests.
    """
    # Not hasattr: a proxy object may have every attribute.
    while isinstance(handle, functools.partial) or "__wrapped__" in getattr(handle, "__dict__", ()):
        handle = handle.func if isinstance(handle, functools.partial) else handle.__wrapped__
    if inspect.ismethod(handle):
        handle = handle.__self__
        return callable(handle) and _takes(handle, _REQUEST)
    return not inspect.isroutine(handle) and not isinstance(handle, type)


def is_async(function: Callable[..., object]) -> bool:
    """Return whether a call returns a coroutine: `async def`, also in partial or as __call__."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), "__call__", None)  # noqa: B004 -- its type matters
    )


def _method(instance: object, name: str) -> Callable[..., Any] | None:
    found = getattr(instance, name, None)
    if found is None or callable(found):
        return found
    log.warning("%s of the function is ignored: a %s is not a method", name, type(found).__name__)
    return None


def _on_loop(
    hook: Callable[..., Any] | None, context: Callable[[], AbstractContextManager[None]]
) -> Callable[..., Awaitable[object]] | None:
    if hook is None or is_async(hook):
        return hook

    async def run(*arguments: object) -> object:
        with context():
            result = hook(*arguments)
        return await result if inspect.isawaitable(result) else result

    return run


@overload
def _in_thread(name: str, function: None, threads: Threads) -> None: ...
@overload
def _in_thread(
    name: str, function: Callable[..., Any], threads: Threads
) -> Callable[..., Awaitable[object]]: ...
def _in_thread(
    name: str, function: Callable[..., Any] | None, threads: Threads
) -> Callable[..., Awaitable[object]] | None:
    if function is None or is_async(function):
        return function

    async def run(*arguments: object) -> object:
        try:
            result = await threads.run(function, *arguments)
        except RAISED as error:
            from func_runtime.log import messages  # noqa: PLC0415 -- for failures only

            if advice := messages.thread_advice(name, error):
                error.add_note(advice)
            raise
        return await result if inspect.isawaitable(result) else result

    return run


def _handler(handle: Callable[..., Any], threads: Threads) -> Handler:
    call = _in_thread(constants.HANDLE, handle, threads)
    if call is handle:
        return call

    async def run(scope: Scope, receive: Receive, send: Send) -> object:
        here = get_running_loop(), threading.get_ident()
        return await call(scope, Blocking(receive, *here), Blocking(send, *here))

    return run


async def _await(awaitable: Awaitable[object]) -> object:
    return await awaitable


class Blocking:
    """An async callable for code in a thread: a call returns when it is done.

    In the thread of the event loop a call returns the coroutine, for functions that are not async
    and return one (`def handle(*request): return app(*request)`).
    """

    def __init__(self, function: Callable[..., Any], loop: AbstractEventLoop, thread: int) -> None:
        self._function = function
        self._loop = loop
        self._loop_thread = thread

    def __call__(self, *arguments: object, **named: object) -> object:
        """Call it. In a thread, wait for the result and return it."""
        coroutine = self._function(*arguments, **named)
        if threading.get_ident() == self._loop_thread:
            return coroutine
        return run_coroutine_threadsafe(coroutine, self._loop).result()

    def __getattr__(self, name: str) -> "Blocking":
        # send.structured, send.binary, send.http of a CloudEvents function.
        return Blocking(getattr(self._function, name), self._loop, self._loop_thread)
