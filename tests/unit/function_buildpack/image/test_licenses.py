"""Licenses: an SPDX expression if possible, else names."""

import pytest

from function_buildpack.image.licenses import License, declared, expression

OSI = "License :: OSI Approved"
MIT = f"{OSI} :: MIT License"
BSD = f"{OSI} :: BSD License"
APACHE = f"{OSI} :: Apache Software License"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("mit", "MIT"),
        ("MIT License", "MIT"),
        (" apache-2.0 or bsd-3-clause\n", "Apache-2.0 OR BSD-3-Clause"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("LicenseRef-Ours", "LicenseRef-Ours"),
        ("", ""),
        ("BSD", ""),
        ("MIT AND", ""),
        ("MIT " * 1000, ""),
    ],
)
def test_expression(text: str, canonical: str) -> None:
    """Expressions and names of one license become canonical. Other texts become empty."""
    assert canonical == expression(text)


@pytest.mark.parametrize(
    ("given", "text", "classifiers", "license_"),
    [
        ("MIT OR Apache-2.0", "BSD", [BSD], License("MIT OR Apache-2.0")),
        ("", "BSD-3-Clause", [BSD], License("BSD-3-Clause")),
        ("", "see LICENSE", [MIT, "Topic :: Internet"], License("MIT")),
        ("", "", [OSI, MIT], License("MIT")),
        # All of them, or any? The metadata do not say.
        ("", "Dual", [BSD, MIT, MIT], License(names=("BSD License", "MIT"))),
        ("", "Apache", [APACHE], License(names=("Apache Software License",))),
        ("no expression", "", [], License(names=("no expression",))),
        ("", "Ours alone\n", [], License(names=("Ours alone",))),
        ("", "A long text. " * 100, [], License()),
        ("", "", [], License()),
    ],
)
def test_declared(given: str, text: str, classifiers: list[str], license_: License) -> None:
    """An expression is better than the field, the field than classifiers, if it names one."""
    assert license_ == declared(given, text, classifiers)
