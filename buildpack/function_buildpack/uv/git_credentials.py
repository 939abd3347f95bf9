"""Tells git what a netrc has for a host, as a helper that git asks (gitcredentials(7)).

git itself reads a netrc in the home folder alone, which is the builder's. Run by its path:
`git_credentials.py NETRC get`, with git's question on standard input.
"""

import netrc
import sys


def answer(path: str, operation: str, question: str) -> str:
    """Answer a question; git's other operations, to store and to erase, are not for a netrc."""
    asked = dict(line.split("=", 1) for line in question.splitlines() if "=" in line)
    host = asked.get("host", "").partition(":")[0]
    found = netrc.netrc(path).authenticators(host)
    return f"username={found[0]}\npassword={found[2]}\n" if found and operation == "get" else ""


if __name__ == "__main__":
    _, where, wanted = sys.argv
    sys.stdout.write(answer(where, wanted, sys.stdin.read()))
