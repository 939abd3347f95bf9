"""Names of files, layers and variables that users or the runtime know.

The runtime has a copy of the names that both sides use. tests/contract/test_seam.py compares them.
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
PYLOCKS = "pylock.*.toml"  # for several locks (PEP 751)
TOOL_VERSIONS = ".tool-versions"
PROCFILE = "Procfile"
APTFILE = "Aptfile"
DOCKERFILE = "Dockerfile"
PYTHON_VERSION_FILE = ".python-version"
RUNTIME_TXT = "runtime.txt"

# The folder of a checkout's history, or a file with the path of that folder.
GIT = ".git"

# func's pack builder moves the function into the first folder and creates the second one.
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
LOG_LEVEL = "BP_LOG_LEVEL"
NO_COLOR = "NO_COLOR"
# uv's name for the same setting.
UV_PYTHON = "UV_PYTHON"

# Layers. An image has them in the order of their names. Layers that most functions share come
# first, because a node can reuse a layer only if all layers below it are the same (OCI image
# specification, "Layer ChainID").
RUNTIME = "asgi-runtime"
PYTHON = "cpython"
DEPENDENCIES = "dependencies"
PROJECT = "project"
VARIABLES = "variables"
# Cached layers, which are not in the image.
ARCHIVES = "archives"
PYTHON_ARCHIVE = "cpython-archive"
BUILD_TOOLS = "build-tools"

# The version of a Python in a layer. The run image's version changes with a rebase.
PYTHON_LABEL = "io.knative-python.python-version"

# The seam with the runtime (docs/contract.md).
RUNTIME_MODULE = "func_runtime"
# The init program in an image, from a package in the runtime's layer.
INIT = "dumb-init"
# The packages that the runtime imports, for all functions and for functions with events.
RUNTIME_IMPORTS = (RUNTIME_MODULE, "httptools", "uvloop", "websockets")
EVENT_IMPORTS = ("cloudevents",)
FUNC_INVOKE = "FUNC_INVOKE"
FUNC_LIVENESS_PATH = "FUNC_LIVENESS_PATH"
FUNC_READINESS_PATH = "FUNC_READINESS_PATH"
INVOKE_HTTP = "http"
INVOKE_CLOUDEVENT = "cloudevent"
LOADED = "It loads"
# --check writes this before a missing module if it knows the package with that module.
MISSING = "Missing:  "

# Modules of cloudevents that only version 1 has. Source: its migration guide "v1 to v2".
SDK_1_MODULES = ("abstract", "conversion", "exceptions", "http", "kafka", "pydantic", "sdk")
