"""A git credential helper (gitcredentials(7)) that reads a netrc file.

git itself reads only the netrc in the home folder, which is the builder's. It runs this script as
`git_credentials.py NETRC get`, with the request on standard input.
"""

import netrc
import sys


def answer(path: str, operation: str, question: str) -> str:
    """Answer a request. git's other operations, "store" and "erase", do nothing."""
    asked = dict(line.split("=", 1) for line in question.splitlines() if "=" in line)
    host = asked.get("host", "").partition(":")[0]
    found = netrc.netrc(path).authenticators(host)
    return f"username={found[0]}\npassword={found[2]}\n" if found and operation == "get" else ""


if __name__ == "__main__":
    _, where, wanted = sys.argv
    sys.stdout.write(answer(where, wanted, sys.stdin.read()))
