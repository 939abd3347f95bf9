"""Which package has a missing module: one removed from Python, or of a package of another name.

Or of another version of its package: the CloudEvents SDK. Imported for failed starts only.
Sources: PEP 594 and "What's New In Python" 3.12 and 3.13 for removed modules, the packages'
own pages for others.
"""

from func_runtime import constants

# Module → the version of Python that removed it, and a package that has it under the same name.
_REMOVED = {
    "aifc": ("3.13", "standard-aifc"),
    "asynchat": ("3.12", "standard-asynchat"),
    "asyncore": ("3.12", "standard-asyncore"),
    "audioop": ("3.13", "audioop-lts"),
    "cgi": ("3.13", "legacy-cgi"),
    "cgitb": ("3.13", "legacy-cgi"),
    "chunk": ("3.13", "standard-chunk"),
    "crypt": ("3.13", "standard-crypt"),
    "distutils": ("3.12", "setuptools"),
    "imghdr": ("3.13", "standard-imghdr"),
    "imp": ("3.12", "zombie-imp"),
    "lib2to3": ("3.13", ""),
    "mailcap": ("3.13", "standard-mailcap"),
    "msilib": ("3.13", ""),
    "nis": ("3.13", ""),
    "nntplib": ("3.13", "standard-nntplib"),
    "ossaudiodev": ("3.13", ""),
    "pipes": ("3.13", "standard-pipes"),
    "smtpd": ("3.12", "standard-smtpd"),
    "sndhdr": ("3.13", "standard-sndhdr"),
    "spwd": ("3.13", ""),
    "sunau": ("3.13", "standard-sunau"),
    "telnetlib": ("3.13", "standard-telnetlib"),
    "uu": ("3.13", "standard-uu"),
    "xdrlib": ("3.13", "standard-xdrlib"),
}
# Module → its package. Most packages have the name of their module, and are not listed.
_PACKAGES = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "google.protobuf": "protobuf",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "yaml": "PyYAML",
}
_SDK = "cloudevents"
_LEFT_SETUPTOOLS = """\
setuptools 82 removed pkg_resources. Add "setuptools<82" to the function's dependencies, or a newer
version of the package that imports it."""


def advice(error: BaseException | None) -> str:
    """Return what to do about the missing module that an exception, or its cause, names.

    Empty if the module is not a known one.
    """
    name = _missing(error)
    said = _on(name)
    return f"{constants.MISSING}{name}\n\n{said}" if said else ""


def _missing(error: BaseException | None) -> str:
    """Return the module of the last ModuleNotFoundError, which may have led to other exceptions."""
    seen = set[int]()
    while error and id(error) not in seen:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return error.name
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return ""


def _on(name: str) -> str:
    top, _, rest = name.partition(".")
    if top == _SDK and rest.partition(".")[0] in constants.SDK_1_MODULES:
        return (
            f"{name} belongs to version 1 of the {_SDK} SDK, and version 2 is installed.\n"
            f'Add "{_SDK}<2" to the function\'s dependencies, or rewrite it for version 2.'
        )
    if top == "pkg_resources":
        return _LEFT_SETUPTOOLS
    if top in _REMOVED:
        return _on_removed(top, *_REMOVED[top])
    if package := _PACKAGES.get(name, _PACKAGES.get(top, "")):
        return (
            f"The module {top} is in the package {package}. Add it to the function's dependencies."
        )
    return ""


def _on_removed(module: str, version: str, package: str) -> str:
    major, _, minor = version.partition(".")
    older = f"{major}.{int(minor) - 1}"
    replaced = (
        f"Add the package {package}, which has it, to the function's dependencies"
        if package
        else "No package has a module of this name. Import something else"
    )
    return (
        f"Python {version} removed the module {module}.\n{replaced},\n"
        f"or set BP_PYTHON_VERSION={older} for the build, which selects an older Python."
    )
