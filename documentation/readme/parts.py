"""The generated parts of README.md. Each is between two comments with its name."""


def replaced(page: str, name: str, text: str) -> str:
    """Return the page with the text of a part replaced.

    :raises ValueError: the page does not have the part's two comments, each once.
    """
    begin, end = f"<!-- {name}: made by `make readme` -->\n", f"<!-- end of {name} -->\n"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended or begin in rest or end in after:
        raise ValueError(f"README.md needs, each once: {begin.strip()} and {end.strip()}")
    return f"{before}{begin}{text}\n{end}{after}"
