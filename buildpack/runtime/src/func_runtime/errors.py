"""What can fail, as facts. The messages for users are in log/messages.py.

StartFailure
├── SettingInvalid        a variable or an option has an invalid value                    exit 2
├── FileInvalid           func.yaml is not valid YAML                                     exit 2
├── FieldInvalid          a field of func.yaml has an invalid value                       exit 2
├── YamlReaderMissing     PyYAML is needed for func.yaml and not installed                exit 2
├── FunctionMissing       there is no `function` package or module                        exit 2
├── EntryPointMissing        the function has neither new nor handle                         exit 2
├── HandleInvalid         the function has no handle that can be called                   exit 2
├── SignatureMismatch        new() or a hook has the wrong arguments                         exit 2
├── WsgiApplication       the function is a WSGI application, which is not supported      exit 2
├── AddressUnavailable    another process listens on an address, or it is not valid here  exit 3
├── WatcherMissing        watchfiles is needed for --reload and not installed             exit 2
├── StartupFailed         the application has sent lifespan.startup.failed                exit 1
└── FunctionFailed        the function's import, new(), start() or startup raised         exit 1
"""

from typing import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:
    from pathlib import Path

FUNCTION_FAILED = 1
UNUSABLE = 2
NOT_LISTENING = 3


@dataclass_transform(eq_default=False)
class StartFailure(Exception):
    """Ends the process before it serves. Subclasses declare their facts as dataclasses do.

    They are not dataclasses, because each start imports them: generating the methods of ten classes
    takes longer than opening the sockets.
    """

    exit_code = UNUSABLE

    def __init__(self, *facts: object) -> None:
        super().__init__(*facts)
        for name, fact in zip(type(self).__annotations__, facts, strict=True):
            setattr(self, name, fact)


class SettingInvalid(StartFailure):
    """A setting has an invalid value. `expected` completes "must be …"."""

    name: str
    found: str
    expected: str


class FileInvalid(StartFailure):
    """A file cannot be parsed. `problem` is the parser's message, with the line."""

    path: "Path"
    problem: str


class FieldInvalid(StartFailure):
    """A field of a file has an invalid value. `expected` completes "must be …"."""

    path: "Path"
    field: str
    found: str
    expected: str


class YamlReaderMissing(StartFailure):
    """PyYAML is not installed."""

    path: "Path"


class FunctionMissing(StartFailure):
    """Neither the folder nor its `src/` has `function/` or `function.py`."""

    folder: str
    entries: tuple[str, ...]


class EntryPointMissing(StartFailure):
    """The function's module (at `origin`) defines `names`, but neither new nor handle."""

    origin: str
    names: tuple[str, ...]


class HandleInvalid(StartFailure):
    """The function (at `origin`) has `found` in place of something that can be called."""

    origin: str
    found: str


class SignatureMismatch(StartFailure):
    """A method of the function (at `origin`) cannot be called as `expected`, such as start(cfg)."""

    origin: str
    found: str
    expected: str


class WsgiApplication(StartFailure):
    """The function (at `origin`) is a WSGI application, of type `found`."""

    origin: str
    found: str


class AddressUnavailable(StartFailure):
    """The system does not allow to listen on an address."""

    exit_code = NOT_LISTENING

    address: str
    reason: str


class WatcherMissing(StartFailure):
    """watchfiles, which --reload needs, is not installed."""


class StartupFailed(StartFailure):
    """The application has answered lifespan.startup with a failure, for a `reason`."""

    exit_code = FUNCTION_FAILED

    reason: str


class FunctionFailed(StartFailure):
    """The function's own code raised in a step of the start. The exception is `__cause__`."""

    exit_code = FUNCTION_FAILED

    step: str


class Stopped(BaseException):
    """A signal has come while the function was loading, or in its start().

    It is not an Exception, so `except Exception` in the function does not catch it.
    """


class RequestAborted(Exception):
    """The response has started and cannot be completed. The log has the reason.

    The server aborts the connection, so that the client does not take it for complete.
    """


class BodyTooLong(RequestAborted):
    """The body of a request is longer than FUNC_MAX_BODY_BYTES. `receive` raises this."""


class TimeLimitExceeded(Exception):
    """A request took longer than FUNC_REQUEST_SECONDS. Its handler was cancelled."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took longer than {seconds:g} s and was cut off")


class ResponseUnfinished(RequestAborted):
    """The handler returned before its response was complete. The server logs it."""


class ClientDisconnected(OSError):
    """The client has disconnected. `send` raises this (ASGI 2.4)."""

    def __init__(self) -> None:
        super().__init__("the client has disconnected")
