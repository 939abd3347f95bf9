"""What users read when a start fails: what happened, what was found, what to do.

The only file with such sentences. docs/contract.md has a row for each title.
"""

from dataclasses import dataclass
from functools import singledispatch

from func_runtime import errors
from func_runtime.log import missing_modules


@dataclass(frozen=True)
class Message:
    """A failure as it is shown. Titles are stable and unique."""

    title: str
    body: str = ""


@singledispatch
def describe(error: errors.StartFailure) -> Message:
    """Put a failure into words."""
    raise NotImplementedError(type(error))


@describe.register
def _setting_invalid(error: errors.SettingInvalid) -> Message:
    return Message(
        "A setting has a value that cannot be used",
        f"Setting:  {error.name}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}.\n"
        f"`python -m func_runtime --help` lists all settings.",
    )


@describe.register
def _file_invalid(error: errors.FileInvalid) -> Message:
    return Message(
        f"{error.path.name} is not valid YAML",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Correct the file at that place and start again.",
    )


@describe.register
def _field_invalid(error: errors.FieldInvalid) -> Message:
    return Message(
        f"A field of {error.path.name} has a value that cannot be used",
        f"File:     {error.path}\nField:    {error.field}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}.",
    )


@describe.register
def _yaml_reader_missing(error: errors.YamlReaderMissing) -> Message:
    return Message(
        f"{error.path.name} cannot be read here",
        f"File:     {error.path}\nMissing:  the package PyYAML\n\n"
        f"Install it (pip install PyYAML), or set FUNC_INVOKE to http or cloudevent, which\n"
        f"stands for what the file says.",
    )


@describe.register
def _function_missing(error: errors.FunctionMissing) -> Message:
    return Message(
        "There is no package named function",
        f"Folder:   {error.folder}\nFound:    {', '.join(error.entries) or 'nothing'}\n\n"
        f"Start in the function's folder: the one that holds the package function/ (or the\n"
        f"module function.py), there or in its src/.",
    )


@describe.register
def _handler_missing(error: errors.HandlerMissing) -> Message:
    return Message(
        "The function has neither new nor handle",
        f"File:     {error.origin}\nFound:    {', '.join(error.names) or 'no names'}\n\n"
        f"For an ASGI application, such as FastAPI's, write handle = app. Otherwise define new(),\n"
        f"which returns an object with a method handle(scope, receive, send), or import it there,\n"
        f"as `func create -l python` does:\n\n"
        f"    from .func import new",
    )


@describe.register
def _handle_missing(error: errors.HandleMissing) -> Message:
    return Message(
        "The function has nothing to call",
        f"File:     {error.origin}\nFound:    {error.found}\n\n"
        f"new must be callable, and what it returns must have a method\n"
        f"handle(scope, receive, send); or handle itself must be callable with these.\n"
        f"An ASGI application, such as FastAPI's, can be handle as it is: handle = app",
    )


@describe.register
def _arguments_unfit(error: errors.ArgumentsUnfit) -> Message:
    return Message(
        "The function has a method that takes other arguments",
        f"File:     {error.origin}\nFound:    {error.found}\nExpected: {error.expected}\n\n"
        f"The runtime calls {error.expected}: change the arguments, or the name if it is meant\n"
        f"for something else.",
    )


@describe.register
def _wsgi_application(error: errors.WsgiApplication) -> Message:
    return Message(
        "The function is a WSGI application",
        f"File:     {error.origin}\nFound:    {error.found}\n\n"
        f"Functions are called as ASGI applications are. The package a2wsgi turns a WSGI\n"
        f"application into one: add a2wsgi to the dependencies, and write\n\n"
        f"    from a2wsgi import WSGIMiddleware\n"
        f"    handle = WSGIMiddleware(app)",
    )


@describe.register
def _address_unavailable(error: errors.AddressUnavailable) -> Message:
    return Message(
        "An address cannot be listened on",
        f"Address:  {error.address}\nFound:    {error.reason}\n\n"
        f"Another process may have it: end that one, or name another address with PORT\n"
        f"(--port on the command line) or LISTEN_ADDRESS.",
    )


@describe.register
def _watcher_missing(_: errors.WatcherMissing) -> Message:
    return Message(
        "--reload cannot watch files here",
        "Missing:  the package watchfiles\n\n"
        "Install it (pip install watchfiles), or start without --reload.",
    )


@describe.register
def _startup_failed(error: errors.StartupFailed) -> Message:
    return Message(
        "The application's startup failed",
        f"It said:  {error.reason.strip() or 'nothing'}\n\n"
        f"It answered lifespan.startup with lifespan.startup.failed. Its own log may say more.",
    )


@describe.register
def _function_failed(error: errors.FunctionFailed) -> Message:
    # The traceback follows, so that the last lines of the log are the exception's own: Knative
    # shows these in the Revision's status (terminationMessagePolicy FallbackToLogsOnError).
    missing = missing_modules.advice(error.__cause__)
    return Message(f"The function failed: {error.step} raised an exception", missing)


def advice(error: BaseException) -> str | None:
    """Return what to do about an exception of the function's that has to do with how it is run."""
    if "Can't patch loop of type" in str(error):  # nest_asyncio
        return "Set FUNC_EVENT_LOOP=asyncio: the event loop is uvloop, which cannot be patched."
    return None


def thread_advice(name: str, error: BaseException) -> str | None:
    """Return the same for what runs in a thread, because it is not async.

    Objects that belong to the thread of start(): sqlite3's connections, tasks, clients of aiohttp.
    """
    if "thread" in str(error) or "event loop" in str(error):
        return (
            f"{name} is not async, so it runs in another thread than start()."
            f" As `async def {name}` it runs in the same one."
        )
    return None
