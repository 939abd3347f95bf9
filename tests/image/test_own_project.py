"""A function whose project is a package, built with the real pack and started."""

from pathlib import Path

from image.container import serving
from image.pack import Pack

PYPROJECT = """
[project]
name = "orders"
version = "1.4.2"
dependencies = ["idna"]
scripts = { orders = "function.func:say" }
[project.entry-points."orders.steps"]
check = "function.func:say"
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
SETUP_PY = """
from setuptools import Extension, setup
setup(packages=["function"], ext_modules=[Extension("function.fast", ["function/fast.c"])])
"""
EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *s, PyObject *a) { return PyLong_FromLong(42); }
static PyMethodDef m[] = {{"answer", answer, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "fast", "", -1, m};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&d); }
"""
FUNCTION = """
import json
import subprocess
from importlib.metadata import entry_points, files, version
from pathlib import Path

from function import fast

VERSION = version("orders")


def say():
    print("said by", __file__)


async def handle(scope, receive, send):
    said = {
        "version": VERSION,
        "entry points": [each.load().__module__ for each in entry_points(group="orders.steps")],
        "extension": [fast.answer(), str(Path(fast.__file__).parent)],
        "command": subprocess.run(["orders"], cwd="/", stdout=subprocess.PIPE, text=True).stdout,
        "missing": [str(path) for path in files("orders") if not path.locate().exists()],
    }
    body = json.dumps(said).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""
EXPECTED = {
    "version": "1.4.2",
    "entry points": ["function.func"],
    "extension": [42, "/workspace/function"],
    "command": "said by /layers/knative-python_function/project/packages/function/func.py\n",
    "missing": [],
}


def test_own_project(pack: Pack, tmp_path: Path) -> None:
    """Everything that an installation of the project adds works, also after a rebuild."""
    files = {
        "pyproject.toml": PYPROJECT,
        "setup.py": SETUP_PY,
        "requirements.txt": ".\n",
        "function/__init__.py": "from .func import handle\n",
        "function/func.py": FUNCTION,
        "function/fast.c": EXTENSION,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    first = pack.build(tmp_path)
    with serving(first.image) as container:
        assert EXPECTED == container.get("/").json()

    before = first.image.layers
    again = pack.build(tmp_path, image=first.image)
    assert "Reusing the dependencies layer" in again.log
    assert "Reusing the project layer" in again.log
    assert before == again.image.layers
    with serving(again.image, read_only=True) as container:
        assert EXPECTED == container.get("/").json()
