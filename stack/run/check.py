"""Run inside the new run image: everything that CPython and compiled wheels need is there.

python - KIND < check.py
"""  # noqa: INP001

import ctypes
import importlib
import locale
import pathlib
import ssl
import subprocess  # noqa: TID251 -- the loader is a program
import sys
import sysconfig
import warnings
import zoneinfo

FEWEST_CERTIFICATES = 100  # Debian ships about 150

# What `omit` leaves out of the standard library, as it is imported.
OMITTED = {
    *("__phello__", "_curses", "_curses_panel", "_dbm", "_gdbm", "_tkinter", "curses", "ensurepip"),
    *("_pydatetime", "_pydecimal", "_pyio", "idlelib", "pydoc_data", "readline", "test", "tkinter"),
    *("turtle", "turtledemo"),
    *("lib2to3", "nis"),  # of 3.11
}
# What other systems have.
ELSEWHERE = {
    *("_aix_support", "_android_support", "_apple_support", "_ios_support", "_osx_support"),
    *("_msi", "_overlapped", "_scproxy", "_winapi", "_wmi", "msilib", "msvcrt", "nt", "winreg"),
    "winsound",
}
SHOWS_ITSELF = {"antigravity", "this"}

kind = sys.argv[1]


def missing_libraries() -> list[str]:
    """Ask the loader about every program and library."""
    (loader,) = pathlib.Path("/usr/lib").glob("*/ld-linux*.so.*")
    missing = []
    for folder in ("/usr/bin", "/usr/lib"):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_symlink() or not path.is_file() or path == loader:
                continue
            with path.open("rb") as content:
                if content.read(4) != b"\x7fELF":
                    continue
            listed = subprocess.run([loader, "--list", path], capture_output=True, text=True)  # noqa: PLW1510, S603
            lines = f"{listed.stdout}{listed.stderr}".splitlines()
            missing += [f"{path} needs {line.strip()}" for line in lines if "not found" in line]
            missing += [f"{path}: {line}" for line in lines if "cannot open" in line]
    return missing


# First, because the standard library tells less of it.
if missing := missing_libraries():
    sys.exit(
        "\n".join(["Libraries are missing. Name their packages in stack/run/packages:", *missing])
    )

warnings.simplefilter("ignore", DeprecationWarning)
stdlib = pathlib.Path(sysconfig.get_path("stdlib"))
modules = {path.name.partition(".")[0] for path in (stdlib / "lib-dynload").glob("*.so")}
modules |= sys.stdlib_module_names - OMITTED - ELSEWHERE - SHOWS_ITSELF
for module in sorted(modules):
    importlib.import_module(module)

for library in (
    *("libstdc++.so.6", "libgcc_s.so.1", "libgomp.so.1", "libatomic.so.1"),
    *("libcrypt.so.1", "librt.so.1", "libz.so.1"),
):
    ctypes.CDLL(library)

locale.setlocale(locale.LC_ALL, "C.UTF-8")
zoneinfo.ZoneInfo("Europe/Berlin")
if ssl.create_default_context().cert_store_stats()["x509_ca"] < FEWEST_CERTIFICATES:
    sys.exit("The bundle of CA certificates is not found, or not whole.")

commands = {path.name for path in pathlib.Path("/usr/bin").iterdir()}
python = {"python", "python3", pathlib.Path(sys.executable).resolve().name}
if kind == "tiny" and commands != python:
    sys.exit(f"/usr/bin holds more than the interpreter: {sorted(commands)}")
