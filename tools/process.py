"""Starts programs and waits for them. Only doctor/facts.py does so, too.

Each program has its own process group. So a signal that stops this process can be passed on to all
child processes of the program. Otherwise mmdebstrap would wait for its own.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tools import console
from tools.console import Failure, Stopped

Command = Sequence[str | Path]

_LINES_SHOWN = 20
_PATIENCE = 30.0  # seconds that a program gets to clean up; mmdebstrap removes a whole root
_lock = threading.Lock()
_running: set[subprocess.Popen[bytes]] = set()
_stopping = threading.Event()
_outliving: list[subprocess.Popen[bytes]] = []  # nobody waits for them


def run(
    command: Command,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    output: IO[bytes] | None = None,
    errors: IO[bytes] | int | None = None,
) -> int:
    """Run a program to its end and return its exit status.

    :param environ: variables in addition to this process's
    :param output: where its output goes, if not to the terminal
    :param errors: where its errors go, if not to the terminal
    :raises Failure: there is no such program
    :raises Stopped: this command was told to stop
    """
    with _started(command, environ, cwd, stdin, output, errors) as process:
        status = process.wait()
    check()
    return status


def call(command: Command, *, environ: Mapping[str, str] | None = None) -> None:
    """Run a program whose output the user sees.

    :raises Failure: it is missing or fails
    """
    if status := run(command, environ=environ):
        raise Failure(f"{Path(command[0]).name} failed", f"Its exit status: {status}")


def succeeds(command: Command) -> bool:
    """Run a program without showing its output. Return whether it exists and succeeds."""
    return answer(command) is not None


def answer(command: Command, *, environ: Mapping[str, str] | None = None) -> str | None:
    """Return a program's stripped output. None if it is missing or fails."""
    with tempfile.TemporaryFile() as printed:
        try:
            status = run(command, environ=environ, output=printed, errors=subprocess.DEVNULL)
        except Failure:
            return None
        return _text(printed).strip() if status == 0 else None


def output(command: Command) -> str:
    """Return a program's stripped output. The user sees its errors.

    :raises Failure: it is missing or fails
    """
    with tempfile.TemporaryFile() as printed:
        if run(command, output=printed):
            words = " ".join(map(str, command[:5]))
            raise Failure(f"{words} failed", "Its reason is above.")
        return _text(printed).strip()


def failure(command: Command) -> str | None:
    """Run a program. Return its output if it is missing or fails, else None."""
    with tempfile.TemporaryFile() as written:
        try:
            status = run(command, output=written, errors=subprocess.STDOUT)
        except Failure as missing:
            return str(missing)
        return (_text(written).strip() or f"Its exit status: {status}") if status else None


def complaint(command: Command) -> str:
    """Return the last line of a program's standard error."""
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as written:
        try:
            run(command, output=printed, errors=written)
        except Failure as failure:
            return str(failure)
        return (_text(written).strip().splitlines() or [""])[-1]


def quietly(
    name: str,
    command: Command,
    *,
    logs: Path,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | None = None,
) -> str:
    """Run a program whose output goes to a log, and return it. Show the log's end if it fails.

    :param name: the name of the log, and of the failure
    :param logs: the folder of the logs
    :param stdout: a file for its output; the log then only has its errors
    :raises Failure: it is missing or fails
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    # It has a separate log until it ends, because another process may run the same program.
    handle, own = tempfile.mkstemp(prefix=f"{name}.log.", dir=logs)
    try:
        with os.fdopen(handle, "r+b") as written:
            with _logged(name, written) as output:
                status = run(
                    command,
                    environ=environ,
                    cwd=cwd,
                    stdin=stdin,
                    output=stdout or output,
                    errors=output,
                )
            text = _text(written)
    finally:
        Path(own).replace(log)
    if status:
        end = "\n".join(text.splitlines()[-_LINES_SHOWN:])
        raise Failure(f"{name} failed", end, f"The whole log: {log}")
    return text


@contextmanager
def _logged(name: str, log: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file whose contents go to a log, and also to the terminal if the user wants that."""
    if not console.shows_programs():
        yield log
        return
    reader, writer = os.pipe()
    with ThreadPoolExecutor(1) as pool, os.fdopen(writer, "wb") as output:
        pool.submit(_copy, name, reader, log)
        yield output


def _copy(name: str, reader: int, log: IO[bytes]) -> None:
    with os.fdopen(reader, "rb") as lines:
        for line in lines:
            log.write(line)
            console.detail(f"{name}: {line.decode(errors='replace')}".rstrip())


def start(command: Command, log: Path) -> int:
    """Start a program that outlives this one, with a log, and return its process id."""
    with log.open("wb") as written:
        # It inherits no other file. Otherwise it would keep a lock of the caller.
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
        )
    _outliving.append(started)
    return started.pid


def check() -> None:
    """Check that no signal has stopped this command.

    :raises Stopped: a signal has
    """
    if _stopping.is_set():
        raise Stopped


def stop_all() -> None:
    """Stop all running programs, and start no more."""
    _stopping.set()
    with _lock:
        running = list(_running)
    for process in running:
        _interrupt(process)
    for process in running:
        _end(process)


@contextmanager
def _started(
    command: Command,
    environ: Mapping[str, str] | None,
    cwd: Path | None,
    stdin: IO[bytes] | int,
    output: IO[bytes] | None,
    errors: IO[bytes] | int | None,
) -> Iterator[subprocess.Popen[bytes]]:
    with _lock:
        check()
        try:
            process = subprocess.Popen(
                command,
                env={**os.environ, **(environ or {})},
                cwd=cwd,
                stdin=stdin,
                stdout=output,
                stderr=errors,
                process_group=0,
            )
        except FileNotFoundError as error:
            raise Failure(
                f"{command[0]} is missing", f"Run: {' '.join(map(str, command))}"
            ) from error
        _running.add(process)
    try:
        yield process
    except BaseException:
        _interrupt(process)
        _end(process)
        raise
    finally:
        with _lock:
            _running.discard(process)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a program and its child processes, like Ctrl-C."""
    _signal(process, signal.SIGINT)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for an interrupted program. Kill it if it does not clean up in time."""
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()
    # Background processes of a shell ignore SIGINT.
    _signal(process, signal.SIGTERM)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
