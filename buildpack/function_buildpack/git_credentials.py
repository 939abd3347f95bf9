"""Tells git what a netrc has for a host, as a helper that git asks (gitcredentials(7)).

git itself reads a netrc in the home folder alone, which is the builder's. Run by its path:
`git_credentials.py NETRC get`, with git's question on standard input.
"""

import netrc
import sys


def main(path: str, operation: str) -> None:
    """Answer a question; git's other operations, to store and to erase, are not for a netrc."""
    asked = dict(line.rstrip("\n").split("=", 1) for line in sys.stdin if "=" in line)
    host = asked.get("host", "").rpartition("@")[2].partition(":")[0]
    found = netrc.netrc(path).authenticators(host)
    if found and operation == "get":
        sys.stdout.write(f"username={found[0]}\npassword={found[2]}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
