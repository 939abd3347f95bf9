"""A run as data: like that of a build, with other figures."""

from bench import documents
from bench.build.results.result import Result, read
from bench.platform.results.figures import BY_NAME

__all__ = ["Result", "read", "write"]


def write(result: Result) -> str:
    """Return a result as a JSON document."""
    return documents.write(result, BY_NAME, result.peers)
