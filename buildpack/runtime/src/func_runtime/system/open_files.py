"""The limit of open files, of which every connection is one: 1024 is a common soft limit."""

import resource

# Enough for any function; some programs walk through all numbers up to the limit.
_ENOUGH = 1 << 20


def raise_open_files() -> None:
    """Raise the soft limit to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def max_connections() -> int:
    """Return how many connections may be open, so that files are left for others and the function.

    Without a file for it, a connection is lost as soon as it is opened, a health check's too.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _ENOUGH if soft == resource.RLIM_INFINITY else min(soft, _ENOUGH)
    return max(files * 3 // 4, 1)
