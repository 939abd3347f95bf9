"""What a phase says when it does not pass."""

from function_buildpack.cnb.phases import NotDetected
from function_buildpack.log import output


def decline(answer: NotDetected) -> None:
    """Say why the application is not ours; the lifecycle shows it if no other buildpack passes."""
    output.line(f"Not a Knative Python function: {answer.reason}")


def error(failure: Exception) -> None:
    """Show the error that ends the phase."""
    from function_buildpack.log import messages  # noqa: PLC0415 -- most phases end without

    message = messages.of(failure)
    output.error(message.title, message.body)


def note(problem: Exception) -> None:
    """Show an error that does not end the phase."""
    from function_buildpack.log import messages  # noqa: PLC0415 -- most phases have none

    message = messages.of(problem)
    output.note(message.title)
    for line in message.body.splitlines():
        output.line(f"  {line}".rstrip())
