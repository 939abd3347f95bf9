"""What users read when a phase fails: what happened, what was found, what to do.

One module for each of the groups of errors; docs/errors.md has a heading for each title.
"""

from function_buildpack.log.messages import dependencies, image, indexes, python, source, tools
from function_buildpack.log.messages.message import Message, describe, of

# They have told `describe` of their errors.
_GROUPS = (dependencies, image, indexes, python, source, tools)
__all__ = ["Message", "describe", "of"]
