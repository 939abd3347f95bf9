"""Run inside the new run image: every library that CPython and compiled wheels need is there."""  # noqa: INP001

import ctypes
import importlib
import locale
import pathlib
import ssl
import sys
import zoneinfo

FEWEST_CERTIFICATES = 100  # Debian ships about 150

for extension in sorted(pathlib.Path(sys.prefix, "lib/python3.13/lib-dynload").glob("*.so")):
    importlib.import_module(extension.name.partition(".")[0])

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
