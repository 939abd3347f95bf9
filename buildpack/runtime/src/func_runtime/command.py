"""The story of a process: settings, log, function, sockets, serve, exit code."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from func_runtime import constants
from func_runtime.app import app_factory
from func_runtime.errors import StartFailure, Stopped
from func_runtime.function import adapter, loader
from func_runtime.function.adapter import Function
from func_runtime.lifecycle import server, sockets
from func_runtime.lifecycle.serve import serve, until_signalled
from func_runtime.log import log_setup
from func_runtime.settings.settings import (
    EventLoop,
    LogSettings,
    Options,
    Settings,
    environment,
    given,
    working_directory,
)
from func_runtime.system import forks, open_files, signals

if TYPE_CHECKING:
    from func_runtime.settings.func_yaml import FuncYaml

_STDOUT = 1


def run(arguments: Sequence[str]) -> int:
    """Serve the function, and return the exit code."""
    options = _parse(arguments)
    environ = environment()
    if options.port is not None:
        environ[constants.PORT] = options.port
    log_settings = LogSettings.from_environ(environ)
    log_setup.configure(log_settings)
    signals.process.write_error = log_setup.write_at_once
    forks.protect()
    try:
        if options.reload:
            from func_runtime import reload  # noqa: PLC0415 -- needs watchfiles, which images do not have

            reload.run(working_directory(), environ)
        else:
            _run(options, environ)
            if options.check:
                # Not to sys.stdout, which the function may have replaced or closed.
                os.write(_STDOUT, f"{constants.LOADED}\n".encode())
    except StartFailure as failure:
        log_setup.failure(failure, log_settings)
        signals.process.leave(failure.exit_code)
        return failure.exit_code
    except Stopped:
        log_setup.log.info("Stopped while the function was loading")
    signals.process.leave(0)
    return 0


def _parse(arguments: Sequence[str]) -> Options:
    if not arguments:
        return Options()
    from func_runtime import cli as command_line  # noqa: PLC0415 -- see there

    return command_line.parse(arguments)


def _run(options: Options, environ: dict[str, str]) -> None:
    folder = working_directory()
    settings = Settings.from_environ(environ, partial(_read_func_yaml, folder))
    if options.check is None and (values := given(environ)):
        log_setup.log.info("Settings: %s", values)
    with _runner(settings.event_loop) as runner:
        with signals.process.interrupting():
            entry = loader.load(folder)
        if options.check == "import":
            return
        with signals.process.interrupting():
            instance = adapter.create(entry, lambda new: runner.run(until_signalled(new)))
        adapted = app_factory.adapt(instance, entry.origin, settings)
        server.check_event_loop(settings.event_loop)
        if options.check is None:
            _serve(adapted, settings, runner.run)


@contextmanager
def _runner(event_loop: EventLoop) -> Iterator[asyncio.Runner]:
    """Yield the runner of coroutines, and close it."""
    runner = asyncio.Runner(loop_factory=server.loop_factory(event_loop))
    if event_loop is EventLoop.ASYNCIO:
        # A package that patches the loop when it is imported (nest_asyncio2) has to find this one.
        asyncio.set_event_loop(runner.get_loop())
    try:
        yield runner
    finally:
        try:
            runner.close()
        except RuntimeError as error:
            # Closing waits, in a new thread, for the threads of asyncio.to_thread. If there is no
            # such thread to be had, they end with the process.
            log_setup.log.warning("The event loop could not be closed: %s", error)


def _read_func_yaml(folder: str) -> "FuncYaml":
    from pathlib import Path  # noqa: PLC0415 -- images have these fields in their environment

    from func_runtime.settings import func_yaml  # noqa: PLC0415

    return func_yaml.read(Path(folder, constants.FUNC_YAML))


def _serve(
    adapted: Function, settings: Settings, complete: Callable[[Coroutine[Any, Any, None]], None]
) -> None:
    open_files.raise_open_files()
    opened = sockets.bind(settings.addresses)
    app, lifespan, probes = app_factory.create_app(adapted, settings, environment)
    served = server.Server(app, settings.keep_alive, settings.max_websocket_bytes, settings.proxies)
    complete(serve(served, lifespan, opened, probes, settings))
