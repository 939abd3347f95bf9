"""The errors of a phase as users read them: what happened, what was found, what to do.

One module for each group of errors. docs/errors.md has a heading for each title.
"""

from function_buildpack.log.messages import dependencies, image, indexes, python, source, tools
from function_buildpack.log.messages.message import Message, describe, of

# Importing them registers their errors with `describe`.
_GROUPS = (dependencies, image, indexes, python, source, tools)
__all__ = ["Message", "describe", "of"]
