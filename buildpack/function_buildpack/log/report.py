"""Logs the result of a phase that does not pass."""

from function_buildpack.cnb.phases import NotDetected
from function_buildpack.log import output


def decline(answer: NotDetected) -> None:
    """Log why the application was not detected. The lifecycle shows it if no buildpack passes."""
    output.line(f"Not a Knative Python function: {answer.reason}")


def error(failure: Exception) -> None:
    """Log the error that stops the phase."""
    from function_buildpack.log import messages  # noqa: PLC0415 -- most phases have none

    message = messages.of(failure)
    output.error(message.title, message.body)


def note(problem: Exception) -> None:
    """Log an error that does not stop the phase."""
    from function_buildpack.log import messages  # noqa: PLC0415 -- most phases have none

    message = messages.of(problem)
    output.note(message.title)
    for line in message.body.splitlines():
        output.line(f"  {line}".rstrip())
