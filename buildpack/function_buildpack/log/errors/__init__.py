"""Everything that can stop a phase, as facts. What a user reads is in messages.py.

BuildpackError
├── SettingInvalid            a BP_ or BPE_ variable has a value that cannot be used
├── FunctionFolderMissing     BP_FUNCTION_PATH names no folder of the source
├── FileUnreadable            a file of the function cannot be read
├── FileOutside               a file of the function is outside of the source
├── FileInvalid               func.yaml, pyproject.toml: not valid YAML or TOML, or not text
├── FieldInvalid              a field of such a file has a value that cannot be used
├── RuntimeHidden             a file beside the function has the name of a module of the runtime
├── PackageMissing            there is no `function` package or module, or no __init__.py in it
├── SyntaxInvalid             a source file of the function does not compile
├── PythonInvalid             a request for a Python has none of the known forms
├── PythonForeign             it is for another Python than CPython
├── PythonEnded               it is for a version that gets no more fixes
├── PythonUnknown             there is no such version
├── PythonConflict            two statements of a Python version exclude each other
├── PythonUninstalled         the Python that was asked for could not be installed
├── WheelMissing              a package has wheels only for other Pythons
├── ToolMissing               the build image lacks a program that the build needs
├── ToolsUnavailable          what the build image lacks could not be installed
├── DownloadDamaged           the package index has another file than the pinned one
├── RequirementsUnsolvable    no set of versions meets the requirements
├── LockOutdated              a lock does not match what it was made from
├── LockUnsupported           a lock is of a format that is not read
├── LockMissing               a Pipfile without its lock, or what only Poetry's lock tells
├── SelectionUnknown          BP_FUNCTION_EXTRAS or BP_FUNCTION_GROUPS names what is not there
├── SelectionConflict         they name what the project says must not be installed together
├── UvUnfit                   the project asks for another version of uv than the build has
├── HashMismatch              a package's file is not the one that the lock has the hash of
├── BindingInvalid            a service binding is malformed
├── RepositoryRefused         a git repository wants credentials
├── AddressUnreachable        a repository, list or wheel is at an address that does not answer
├── AddressFailing            an address, an index's too, answers with an error
├── IndexUnreachable          the package index does not answer
├── IndexRefused              the package index wants other credentials
├── IndexUntrusted            the package index has a certificate that is not trusted
├── IndexFailing              the package index answers that it fails
├── IndexTooSlow              the package index takes too long
├── DiskFull                  a disk is full
├── InstallFailed             the installer failed for another reason
├── RuntimeConflict           the function pins a package to a version the runtime cannot use
├── ArchitectureWrong         an extension module is for another machine than the image
├── LibraryMissing            an extension module needs a library that the image does not have
├── ImageChanged              code that ran in the build changed what the image is made of
├── FunctionUnloadable        importing the function or calling new() failed
└── FunctionSlow              importing the function and calling new() did not come to an end
"""


class BuildpackError(Exception):
    """Stops a phase. Leaves are dataclasses of facts.

    They are neither frozen (contextlib assigns `__traceback__`) nor comparable (`eq=False` keeps
    them hashable).
    """
