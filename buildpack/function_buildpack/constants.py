"""Names that users and the other side know: files, layers, variables.

The runtime has its own copy of what both sides must agree on; tests/contract/test_seam.py compares.
"""

# Files of a function's folder.
FUNC_YAML = "func.yaml"
PYPROJECT = "pyproject.toml"
UV_LOCK = "uv.lock"
UV_TOML = "uv.toml"
PYLOCK = "pylock.toml"
POETRY_LOCK = "poetry.lock"
PIPFILE = "Pipfile"
PIPFILE_LOCK = "Pipfile.lock"
REQUIREMENTS = "requirements.txt"
SETUP_PY = "setup.py"
SETUP_CFG = "setup.cfg"
PDM_LOCK = "pdm.lock"
CONDA_FILES = ("environment.yml", "environment.yaml", "conda-lock.yml")
PYLOCKS = "pylock.*.toml"  # PEP 751 has such names for several locks
TOOL_VERSIONS = ".tool-versions"
PROCFILE = "Procfile"
APTFILE = "Aptfile"
DOCKERFILE = "Dockerfile"
PYTHON_VERSION_FILE = ".python-version"
RUNTIME_TXT = "runtime.txt"

# Where git keeps the history of a checkout, or says where.
GIT = ".git"

# func's pack builder moves the function into this folder and writes its own service beside it.
NESTED_FUNCTION = "fn"
SCAFFOLDING = "service"

PACKAGE = "function"

# Settings of a build (docs/contract.md); BPE_* variables are read by their prefix.
FUNCTION_PATH = "BP_FUNCTION_PATH"
FUNCTION_CHECK = "BP_FUNCTION_CHECK"
FUNCTION_EXTRAS = "BP_FUNCTION_EXTRAS"
FUNCTION_GROUPS = "BP_FUNCTION_GROUPS"
FUNCTION_REFRESH = "BP_FUNCTION_REFRESH"
LIBRARY_CHECK = "BP_LIBRARY_CHECK"
IMAGE_LABELS = "BP_IMAGE_LABELS"
WHEELS = "BP_WHEELS"
PYTHON_VERSION = "BP_PYTHON_VERSION"
# uv's own name for the same.
UV_PYTHON = "UV_PYTHON"

# Layers. An image has them in the order of their names: first what most functions have the same,
# for a node unpacks one again where another is below it (OCI image specification, "Layer ChainID").
RUNTIME = "asgi-runtime"
PYTHON = "cpython"
DEPENDENCIES = "dependencies"
PROJECT = "project"
VARIABLES = "variables"
# In caches alone.
ARCHIVES = "archives"
PYTHON_ARCHIVE = "cpython-archive"
BUILD_TOOLS = "build-tools"

# The version of a Python that is in a layer. That of the run image changes with a rebase.
PYTHON_LABEL = "io.knative-python.python-version"

# The seam with the runtime (docs/contract.md).
RUNTIME_MODULE = "func_runtime"
# What starts it in an image, a package of the runtime's layer.
INIT = "dumb-init"
# What the runtime imports of its packages, to serve and for events.
RUNTIME_IMPORTS = (RUNTIME_MODULE, "httptools", "uvloop", "websockets")
EVENT_IMPORTS = ("cloudevents",)
FUNC_INVOKE = "FUNC_INVOKE"
FUNC_LIVENESS_PATH = "FUNC_LIVENESS_PATH"
FUNC_READINESS_PATH = "FUNC_READINESS_PATH"
INVOKE_HTTP = "http"
INVOKE_CLOUDEVENT = "cloudevent"
LOADED = "It loads"
# What --check writes before a module that is missing, where it says what has that.
MISSING = "Missing:  "
