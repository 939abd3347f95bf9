"""Raises the limit of open files: every connection is one, and 1024 is a common soft limit."""

import resource

# Enough for any function; some programs walk through all numbers up to the limit.
_ENOUGH = 1 << 20


def raise_open_files() -> None:
    """Raise the soft limit to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
