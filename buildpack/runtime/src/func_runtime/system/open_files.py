"""The limit of open files. Each connection is one, and a common soft limit is 1024."""

import resource

# Enough for any function. Not more, because some programs loop over all numbers up to the limit.
_ENOUGH = 1 << 20


def raise_open_files() -> None:
    """Raise the soft limit to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def max_connections() -> int:
    """Return how many connections may be open, so that some files are left for other purposes.

    Without that, new connections would be lost, those of health checks too.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _ENOUGH if soft == resource.RLIM_INFINITY else min(soft, _ENOUGH)
    return max(files * 3 // 4, 1)
