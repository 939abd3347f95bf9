"""uv's variables, by their meaning for a build."""

# They name another environment, another Python, another project, or development groups. uv does not
# get them.
EXCLUDED = (
    *("CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_DEV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT"),
    *("UV_PYTHON", "UV_WORKING_DIR", "VIRTUAL_ENV"),
)
# They name files that limit or exclude versions of packages.
CONSTRAINT_FILES = ("UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE")
# Compiler flags for packages: without debug information, which would contain the names of this
# build's temporary folders. The platform's flags follow.
COMPILED = "-O2 -g0"
FLAGS = ("CFLAGS", "CXXFLAGS")
# They decide what is installed. The index of a package does not. Variables of compilers and build
# backends count only if something is built (build_inputs.py).
INSTALL_SETTINGS = (
    *(
        *CONSTRAINT_FILES,
        "UV_AMD_GPU_ARCHITECTURE",
        "UV_BUILD_CONSTRAINT",
        "UV_CUDA_DRIVER_VERSION",
    ),
    *("UV_EXCLUDE_NEWER", "UV_FORK_STRATEGY", "UV_GIT_LFS", "UV_INDEX_STRATEGY"),
    *("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_NO_BUILD", "UV_NO_BUILD_ISOLATION"),
    *("UV_NO_BUILD_PACKAGE", "UV_NO_GROUP", "UV_NO_INSTALL_LOCAL", "UV_NO_INSTALL_WORKSPACE"),
    *("UV_NO_SOURCES", "UV_NO_SOURCES_PACKAGE", "UV_PRERELEASE", "UV_REQUIRE_HASHES"),
    *("UV_RESOLUTION", "UV_TORCH_BACKEND"),
)
# They name sources of packages.
PACKAGE_SOURCES = (
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    "UV_INSECURE_HOST",
)
