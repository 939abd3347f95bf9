"""uv's variables, by what they mean for a build."""

# They name another environment than the one that we install into, another Python's files, another
# project than the function, or what is not for an image.
FOREIGN = (
    *("CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_DEV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT"),
    *("UV_PYTHON", "UV_WORKING_DIR", "VIRTUAL_ENV"),
)
# They name files that say which version of a package will do, or that none will.
NARROWING = ("UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE")
# What packages are compiled with here: without information for debuggers, for it has the names of
# this build's temporary folders. Build backends add what the platform has set.
COMPILED = "-O2 -g0"
FLAGS = ("CFLAGS", "CXXFLAGS")
# What is installed depends on them; of where it is from, it does not. Variables of compilers and
# build backends only count where something is built (build_inputs.py).
DECISIVE = (
    *(*NARROWING, "UV_AMD_GPU_ARCHITECTURE", "UV_BUILD_CONSTRAINT", "UV_CUDA_DRIVER_VERSION"),
    *("UV_EXCLUDE_NEWER", "UV_FORK_STRATEGY", "UV_GIT_LFS", "UV_INDEX_STRATEGY"),
    *("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_NO_BUILD", "UV_NO_BUILD_ISOLATION"),
    *("UV_NO_BUILD_PACKAGE", "UV_NO_GROUP", "UV_NO_INSTALL_LOCAL", "UV_NO_INSTALL_WORKSPACE"),
    *("UV_NO_SOURCES", "UV_NO_SOURCES_PACKAGE", "UV_PRERELEASE", "UV_REQUIRE_HASHES"),
    *("UV_RESOLUTION", "UV_TORCH_BACKEND"),
)
# Where packages are from.
LEADING = (
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    "UV_INSECURE_HOST",
)
