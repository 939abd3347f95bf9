"""Run inside the new run image: everything that CPython and compiled wheels need is there."""  # noqa: INP001

import ctypes
import importlib
import locale
import pathlib
import ssl
import sys
import sysconfig
import zoneinfo

FEWEST_CERTIFICATES = 100  # Debian ships about 150

# What `omit` leaves out of the standard library, as it is imported.
OMITTED = {
    *("__phello__", "_curses", "_curses_panel", "_dbm", "_gdbm", "_tkinter", "curses", "ensurepip"),
    *("_pydatetime", "_pydecimal", "_pyio", "idlelib", "pydoc_data", "readline", "test", "tkinter"),
    *("turtle", "turtledemo", "venv"),
}
# What other systems have.
ELSEWHERE = {
    *("_aix_support", "_android_support", "_apple_support", "_ios_support", "_osx_support"),
    *("_overlapped", "_scproxy", "_winapi", "_wmi", "msvcrt", "nt", "winreg", "winsound"),
}
SHOWS_ITSELF = {"antigravity", "this"}

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
if commands != {"python", "python3", "python3.13"}:
    sys.exit(f"/usr/bin holds more than the interpreter: {sorted(commands)}")
