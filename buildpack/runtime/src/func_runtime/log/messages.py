"""What users read when a start fails: what happened, what was found, what to do.

All such messages are here. docs/contract.md has a row for each title.
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
    """Return the message for a failure."""
    raise NotImplementedError(type(error))


@describe.register
def _setting_invalid(error: errors.SettingInvalid) -> Message:
    return Message(
        "Invalid setting",
        f"Setting:  {error.name}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}.\n"
        f"`python -m func_runtime --help` lists all settings.",
    )


@describe.register
def _file_invalid(error: errors.FileInvalid) -> Message:
    return Message(
        f"{error.path.name} is not valid YAML",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Correct the file there and start again.",
    )


@describe.register
def _field_invalid(error: errors.FieldInvalid) -> Message:
    return Message(
        f"Invalid field in {error.path.name}",
        f"File:     {error.path}\nField:    {error.field}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}.",
    )


@describe.register
def _yaml_reader_missing(error: errors.YamlReaderMissing) -> Message:
    return Message(
        f"Cannot read {error.path.name}",
        f"File:     {error.path}\nMissing:  the package PyYAML\n\n"
        f"Install it (pip install PyYAML), or set FUNC_INVOKE to http or cloudevent, which\n"
        f"replaces the file.",
    )


@describe.register
def _function_missing(error: errors.FunctionMissing) -> Message:
    return Message(
        "There is no package named function",
        f"Folder:   {error.folder}\nFound:    {', '.join(error.entries) or 'nothing'}\n\n"
        f"Start in the function's folder. It has a package function/ or a module function.py,\n"
        f"itself or in its src/.",
    )


@describe.register
def _entry_point_missing(error: errors.EntryPointMissing) -> Message:
    return Message(
        "The function has neither new nor handle",
        f"File:     {error.origin}\nFound:    {', '.join(error.names) or 'nothing'}\n\n"
        f"For an ASGI application, such as FastAPI's, write handle = app. Otherwise define new(),\n"
        f"which returns an object with a method handle(scope, receive, send). Or import new, as\n"
        f"the template of `func create -l python` does:\n\n"
        f"    from .func import new",
    )


@describe.register
def _handle_invalid(error: errors.HandleInvalid) -> Message:
    return Message(
        "The function has no handle that can be called",
        f"File:     {error.origin}\nFound:    {error.found}\n\n"
        f"Either new() must return an object with a method handle(scope, receive, send), or\n"
        f"the module must have a function handle(scope, receive, send).\n"
        f"For an ASGI application, such as FastAPI's, write handle = app",
    )


@describe.register
def _signature_mismatch(error: errors.SignatureMismatch) -> Message:
    return Message(
        "A method of the function has the wrong arguments",
        f"File:     {error.origin}\nFound:    {error.found}\nExpected: {error.expected}\n\n"
        f"The runtime calls {error.expected}. Change the arguments. If the method is not\n"
        f"meant for the runtime, change its name.",
    )


@describe.register
def _wsgi_application(error: errors.WsgiApplication) -> Message:
    return Message(
        "The function is a WSGI application",
        f"File:     {error.origin}\nFound:    {error.found}\n\n"
        f"The runtime calls ASGI applications. The package a2wsgi converts a WSGI application:\n"
        f"add a2wsgi to the dependencies, and write\n\n"
        f"    from a2wsgi import WSGIMiddleware\n"
        f"    handle = WSGIMiddleware(app)",
    )


@describe.register
def _address_unavailable(error: errors.AddressUnavailable) -> Message:
    return Message(
        "Cannot listen on address",
        f"Address:  {error.address}\nFound:    {error.reason}\n\n"
        f"Another process may use it. Stop that process, or set another address with PORT (--port\n"
        f"on the command line) or LISTEN_ADDRESS.",
    )


@describe.register
def _watcher_missing(_: errors.WatcherMissing) -> Message:
    return Message(
        "Cannot watch files for --reload",
        "Missing:  the package watchfiles\n\n"
        "Install it (pip install watchfiles), or start without --reload.",
    )


@describe.register
def _startup_failed(error: errors.StartupFailed) -> Message:
    return Message(
        "The application's startup failed",
        f"Reason:   {error.reason.strip() or 'not given'}\n\n"
        f"It answered lifespan.startup with lifespan.startup.failed. Its own log may have more.",
    )


@describe.register
def _function_failed(error: errors.FunctionFailed) -> Message:
    # The traceback follows, so that the last lines of the log are the exception's own: Knative
    # shows these in the Revision's status (terminationMessagePolicy FallbackToLogsOnError).
    missing = missing_modules.advice(error.__cause__)
    return Message(f"The function failed: {error.step} raised an exception", missing)


def advice(error: BaseException) -> str | None:
    """Return what to do about an exception that is caused by how the function is run."""
    if "Can't patch loop of type" in str(error):  # nest_asyncio
        return "Set FUNC_EVENT_LOOP=asyncio. The event loop is uvloop, which cannot be patched."
    return None


def thread_advice(name: str, error: BaseException) -> str | None:
    """Return the same for a hook that runs in a thread because it is not async.

    Examples of what belongs to the thread of start(): sqlite3's connections, aiohttp's clients.
    """
    if "thread" in str(error) or "event loop" in str(error):
        return (
            f"{name} is not async, so it does not run in the thread of start()."
            f" An `async def {name}` does."
        )
    return None
