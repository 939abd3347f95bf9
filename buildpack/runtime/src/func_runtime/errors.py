"""Everything that can stop a start, as facts. What a user reads is in messages.py.

StartFailure
├── SettingInvalid        a variable or an option has a value that cannot be used         exit 2
├── FileInvalid           func.yaml is not valid YAML                                     exit 2
├── FieldInvalid          a field of func.yaml has a value that cannot be used            exit 2
├── YamlReaderMissing     there is a func.yaml and nothing that can read it               exit 2
├── FunctionMissing       there is no `function` package or module                        exit 2
├── HandlerMissing        it has neither new nor handle                                   exit 2
├── HandleMissing         what new() returned has no such handle                          exit 2
├── ArgumentsUnfit        new() or a hook takes other arguments                           exit 2
├── WsgiApplication       the function is a WSGI application, which is not served as such exit 2
├── AddressUnavailable    an address cannot be listened on                                exit 3
├── WatcherMissing        --reload without the package that watches files                 exit 2
├── StartupFailed         the application's startup failed, and it raised nothing         exit 1
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
    """Ends the process before it serves. Leaves state their facts as dataclasses do.

    They are none: every start imports them, few raise one, and generating the methods of ten
    classes takes a start longer than opening the sockets.
    """

    exit_code = UNUSABLE

    def __init__(self, *facts: object) -> None:
        super().__init__(*facts)
        for name, fact in zip(type(self).__annotations__, facts, strict=True):
            setattr(self, name, fact)


class SettingInvalid(StartFailure):
    """A setting's value cannot be used; `expected` completes "must be …"."""

    name: str
    found: str
    expected: str


class FileInvalid(StartFailure):
    """A file is not in its format; `problem` is the parser's, with the line."""

    path: "Path"
    problem: str


class FieldInvalid(StartFailure):
    """A field of a file has a value of another kind; `expected` completes "must be …"."""

    path: "Path"
    field: str
    found: str
    expected: str


class YamlReaderMissing(StartFailure):
    """The environment has no PyYAML."""

    path: "Path"


class FunctionMissing(StartFailure):
    """The folder holds neither `function/` nor `function.py`, nor does its `src/`."""

    folder: str
    entries: tuple[str, ...]


class HandlerMissing(StartFailure):
    """The function's module, at `origin`, defines `names`, but neither new nor handle."""

    origin: str
    names: tuple[str, ...]


class HandleMissing(StartFailure):
    """`found` (of the module at `origin`) stands where something to call must be."""

    origin: str
    found: str


class ArgumentsUnfit(StartFailure):
    """A method (of the function at `origin`) cannot be called as `expected`: `start(cfg)`, say."""

    origin: str
    found: str
    expected: str


class WsgiApplication(StartFailure):
    """The function (at `origin`) is a WSGI application, of type `found`."""

    origin: str
    found: str


class AddressUnavailable(StartFailure):
    """The system refuses to let us listen on an address."""

    exit_code = NOT_LISTENING

    address: str
    reason: str


class WatcherMissing(StartFailure):
    """The environment has no watchfiles, which --reload needs."""


class StartupFailed(StartFailure):
    """The application has answered lifespan.startup with a failure, and has said `reason`."""

    exit_code = FUNCTION_FAILED

    reason: str


class FunctionFailed(StartFailure):
    """The function's own code raised in a step of the start; the exception is `__cause__`."""

    exit_code = FUNCTION_FAILED

    step: str


class Stopped(BaseException):
    """A signal asked the process to end while the function was being loaded, or in its start().

    Not an Exception: no handler of the function's may catch it.
    """


class RequestAborted(Exception):
    """The answer has begun and cannot be completed; the log has the reason.

    The server cuts the connection, so that the client cannot take the part for the whole.
    """


class BodyTooLong(RequestAborted):
    """A request's body goes beyond FUNC_MAX_BODY_BYTES: raised where a function receives it."""


class TimeLimitExceeded(Exception):
    """A request took longer than FUNC_REQUEST_SECONDS, and its handler was cancelled."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took longer than {seconds:g} s and was cut off")


class ResponseUnfinished(RequestAborted):
    """The handler returned within its answer. The server logs it, if there still is a client."""


class ClientDisconnected(OSError):
    """The client has gone: raised where a function sends to it, as ASGI has it (2.4)."""

    def __init__(self) -> None:
        super().__init__("the client has disconnected")
