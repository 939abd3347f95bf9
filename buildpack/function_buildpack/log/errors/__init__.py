"""The errors that can stop a phase, as facts. Their messages are in log/messages/.

BuildpackError
├── SettingInvalid            a BP_ or BPE_ variable has an invalid value
├── FunctionFolderMissing     BP_FUNCTION_PATH is not a folder of the source
├── FileUnreadable            a file of the function cannot be read
├── FileOutside               a file of the function is outside the source
├── FileInvalid               func.yaml, pyproject.toml, a lock: not valid YAML, TOML or JSON
├── FieldInvalid              a field of such a file has an invalid value
├── RuntimeHidden             a file next to the function has the name of a module of the runtime
├── PackageMissing            there is no `function` package or module, or no __init__.py in it
├── SyntaxInvalid             a source file of the function does not compile
├── PythonInvalid             a request for a Python has none of the known forms
├── PythonForeign             it is not for the default build of CPython
├── PythonEnded               it is for a version that has reached its end of life
├── PythonUnknown             it is for an unknown version
├── PythonConflict            two requests for a Python conflict
├── PythonUninstalled         the requested Python could not be installed
├── WheelMissing              a package has wheels only for other Pythons
├── ToolMissing               the build image lacks a program that the build needs
├── ToolsUnavailable          missing build tools could not be installed
├── DownloadDamaged           a downloaded file does not match its pinned hash
├── RequirementsUnsolvable    no set of versions matches the requirements
├── LockOutdated              a lock does not match the file that it was made from
├── LockUnsupported           a lock has an unsupported format
├── LockMissing               a Pipfile, or dependencies or groups of Poetry, without a lock
├── SelectionUnknown          BP_FUNCTION_EXTRAS or BP_FUNCTION_GROUPS has an unknown name
├── SelectionConflict         they have names that tool.uv.conflicts excludes
├── UvUnfit                   the project requires another version of uv
├── HashMismatch              a package's file does not match its locked hash
├── BindingInvalid            a service binding is malformed
├── RepositoryRefused         a git repository requires credentials
├── AddressUnreachable        the address of a repository, list or wheel does not respond
├── AddressFailing            an address responds with an error
├── IndexUnreachable          the package index does not respond
├── IndexRefused              the package index requires other credentials
├── IndexUntrusted            the package index's certificate is not trusted
├── IndexFailing              the package index responds with a server error
├── IndexTooSlow              the package index takes too long to respond
├── DiskFull                  a disk is full
├── InstallFailed             the installation failed for another reason
├── RuntimeConflict           the runtime does not work with the function's version of a package
├── ArchitectureWrong         an extension module was built for another machine
├── LibraryMissing            an extension module needs a library that the image lacks
├── ImageChanged              code that ran in the build changed files of the image
├── FunctionUnloadable        importing the function or calling new() failed
└── FunctionSlow              importing the function and calling new() took too long
"""


class BuildpackError(Exception):
    """Stops a phase. Subclasses are dataclasses of facts.

    They are not frozen, because contextlib assigns `__traceback__`. They have `eq=False`, which
    keeps them hashable.
    """
