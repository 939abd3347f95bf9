"""What users read when a start fails: what happened, what was found, what to do.

The only file with such sentences. docs/contract.md has a row for each title.
"""

from dataclasses import dataclass
from functools import singledispatch

from func_runtime import errors, missing_modules


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
        f"Define new(), which returns an object with a method handle(scope, receive, send), or\n"
        f"import it there, as `func create -l python` does:\n\n"
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
def _function_failed(error: errors.FunctionFailed) -> Message:
    # The traceback follows, so that the last lines of the log are the exception's own: Knative
    # shows these in the Revision's status (terminationMessagePolicy FallbackToLogsOnError).
    advice = missing_modules.advice(error.__cause__)
    return Message(f"The function failed: {error.step} raised an exception", advice)
