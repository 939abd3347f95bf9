"""The command, told in order: settings, log, function, sockets, serve, exit code."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from func_runtime import (
    assembly,
    function,
    limits,
    loader,
    logs,
    names,
    server,
    sockets,
)
from func_runtime.errors import StartFailure, Stopped
from func_runtime.function import Function
from func_runtime.serve import SIGNALS, serve
from func_runtime.settings import (
    LogSettings,
    Options,
    Settings,
    environment,
    working_directory,
)

if TYPE_CHECKING:
    from func_runtime.func_yaml import FuncYaml

# What the interpreter may take to end; a thread of the function's could keep it for ever.
_LEAVING_SECONDS = 1.0

_STDOUT = 1


def run(arguments: Sequence[str]) -> int:
    """Serve the function, and return the exit code."""
    options = _parse(arguments)
    environ = environment()
    if options.port is not None:
        environ[names.PORT] = options.port
    log_settings = LogSettings.from_environ(environ)
    logs.configure(log_settings)
    for number in SIGNALS:
        signal.signal(number, _stop_loading)
    try:
        if options.reload:
            from func_runtime import reload  # noqa: PLC0415 -- needs what an image does not have

            reload.run(working_directory(), environ)
        else:
            _run(options, environ)
            if options.check:
                # Not by way of sys.stdout, which the function may have replaced or closed.
                os.write(_STDOUT, f"{names.LOADED}\n".encode())
    except StartFailure as failure:
        logs.failure(failure, log_settings)
        return _leave(failure.exit_code)
    except Stopped:
        logs.log.info("Stopped while the function was loading")
    return _leave(0)


def _parse(arguments: Sequence[str]) -> Options:
    if not arguments:
        return Options()
    from func_runtime import arguments as command_line  # noqa: PLC0415 -- see there

    return command_line.parse(arguments)


def _run(options: Options, environ: dict[str, str]) -> None:
    folder = working_directory()
    settings = Settings.from_environ(environ, partial(_read_func_yaml, folder))
    entry = loader.load(folder)
    if options.check == "import":
        return
    with _runner() as runner:
        instance = function.create(entry, runner.run)
        adapted = assembly.adapt(instance, entry.origin, settings)
        if options.check is None:
            _serve(adapted, settings, runner.run)


@contextmanager
def _runner() -> Iterator[asyncio.Runner]:
    """Yield what runs coroutines, and close it."""
    runner = asyncio.Runner(loop_factory=server.new_event_loop)
    try:
        yield runner
    finally:
        # It waits in a new thread for those that asyncio.to_thread has used. Where the system has
        # no more threads, these end with the process.
        with suppress(RuntimeError):
            runner.close()


def _read_func_yaml(folder: str) -> "FuncYaml":
    from pathlib import Path  # noqa: PLC0415 -- an image has what the file says in its environment

    from func_runtime import func_yaml  # noqa: PLC0415

    return func_yaml.read(Path(folder, names.FUNC_YAML))


def _serve(
    adapted: Function, settings: Settings, complete: Callable[[Coroutine[Any, Any, None]], None]
) -> None:
    limits.raise_open_files()
    opened = sockets.bind(settings.addresses)
    app, lifespan = assembly.assemble(adapted, settings, environment)
    serving = server.Server(app, settings.keep_alive, settings.proxies)
    complete(serve(serving, lifespan, opened, settings))


def _stop_loading(*_: object) -> None:
    raise Stopped


def _leave(code: int) -> int:
    """Make sure that the process ends soon, whatever threads the function has left behind."""
    timer = threading.Timer(_LEAVING_SECONDS, os._exit, [code])
    timer.daemon = True
    with suppress(RuntimeError):  # the system has no more threads
        timer.start()
    return code
