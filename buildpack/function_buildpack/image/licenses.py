"""The license that a package declares: an SPDX expression if possible, else names."""

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

# Names in `License` fields and classifiers → the license, if it is unique. "BSD License" and
# "Apache Software License" are not: there are several of each.
_KNOWN = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "eclipse public license 2.0 (epl-2.0)": "EPL-2.0",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "new bsd license": "BSD-3-Clause",
    "the mit license": "MIT",
    "the unlicense (unlicense)": "Unlicense",
    "zero-clause bsd (0bsd)": "0BSD",
}

_LONGEST_NAME = 80  # some packages put the license's whole text into the field


@dataclass(frozen=True)
class License:
    """An SPDX expression, or names, some of which may be SPDX identifiers."""

    expression: str = ""
    names: tuple[str, ...] = ()


def expression(text: str) -> str:
    """Return the SPDX expression in its canonical form. Empty if the text is not one."""
    if len(text) > _LONGEST_NAME * 4:
        return ""
    try:
        return canonicalize_license_expression(_KNOWN.get(text.strip().casefold(), text.strip()))
    except InvalidLicenseExpression:
        return ""


def declared(spdx: str, text: str, classifiers: Sequence[str]) -> License:
    """Return the license from core metadata: License-Expression, License and the classifiers.

    Several classifiers stay names, because it is unknown whether all of them apply or any.
    """
    for candidate in (spdx, text):
        if found := expression(candidate):
            return License(found)
    names = tuple(dict.fromkeys(_names(classifiers)))
    if len(names) == 1 and (found := expression(names[0])):
        return License(found)
    if names:
        return License(names=tuple(expression(name) or name for name in names))
    line = (spdx or text).strip()
    return License(names=(line,) if line and len(line) <= _LONGEST_NAME else ())


def _names(classifiers: Sequence[str]) -> list[str]:
    """Return the last parts of the license classifiers that name a license."""
    parts = [item.split(" :: ") for item in classifiers if item.startswith("License :: ")]
    return [part[-1].strip() for part in parts if part[-1] != "OSI Approved"]
