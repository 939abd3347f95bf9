"""What users read when the source cannot be built."""

from function_buildpack import constants
from function_buildpack.log.errors.source import (
    BindingInvalid,
    FieldInvalid,
    FileInvalid,
    FileOutside,
    FileUnreadable,
    FunctionFolderMissing,
    PackageMissing,
    RuntimeHidden,
    SettingInvalid,
    SyntaxInvalid,
)
from function_buildpack.log.messages.message import Message, describe


@describe.register
def _setting_invalid(error: SettingInvalid) -> Message:
    return Message(
        "A build setting has a value that cannot be used",
        f"Setting:  {error.name}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}. Change it where it is set: --env, project.toml, or\n"
        f"build.buildEnvs in func.yaml.",
    )


@describe.register
def _function_folder_missing(error: FunctionFolderMissing) -> Message:
    return Message(
        "BP_FUNCTION_PATH names no folder of the source",
        f"Found:    {error.found}\n\n"
        f"It must be the path of the function's folder, relative to the folder that is built,\n"
        f"and inside of it. Check the path, and that nothing excludes the folder (project.toml,\n"
        f".funcignore).",
    )


@describe.register
def _file_unreadable(error: FileUnreadable) -> Message:
    return Message(
        "A file cannot be read",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Neither the build nor the image's user could use it. Make it a file that everybody may\n"
        f"read (chmod a+r), or remove it.",
    )


@describe.register
def _file_outside(error: FileOutside) -> Message:
    return Message(
        "A file of the function is outside of the source",
        f"Link:     {error.path}\nFound:    {error.target}\n\n"
        f"The image has the folder that is built and nothing around it: there the link would lead\n"
        f"nowhere. Put the file itself there, or build the folder that holds both and name the\n"
        f"function's with BP_FUNCTION_PATH.",
    )


@describe.register
def _runtime_hidden(error: RuntimeHidden) -> Message:
    return Message(
        "A file of the function hides the runtime",
        f"File:     {error.path}\nHidden:   the package {error.module}\n\n"
        f"Python looks into the function's folder first: the runtime would import this in place\n"
        f"of its own package, and fail. Rename it, or move it into function/.",
    )


@describe.register
def _file_invalid(error: FileInvalid) -> Message:
    return Message(
        f"{error.path.name} is not valid {error.format}",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Correct the file at that place and build again.",
    )


@describe.register
def _field_invalid(error: FieldInvalid) -> Message:
    return Message(
        f"A field of {error.path.name} has a value that cannot be used",
        f"File:     {error.path}\nField:    {error.field}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}.",
    )


@describe.register
def _package_missing(error: PackageMissing) -> Message:
    is_without_init = error.folder.name == constants.PACKAGE
    older = _OLDER_MIDDLEWARE if "func.py" in error.entries and not is_without_init else ""
    return Message(
        "There is no package named function",
        f"Folder:   {error.folder}\nFound:    {', '.join(error.entries) or 'nothing'}\n\n"
        f"A Python function is a package function/ (or a module function.py) with new() or\n"
        f"handle(), beside func.yaml or in src/. Create function/__init__.py with\n\n"
        f"    from .func import new\n\n"
        f"or move the function's package there. If the function is in another folder of the\n"
        f"source, name it with BP_FUNCTION_PATH.{older}",
    )


# The layout of func's templates before version 1.18.
_OLDER_MIDDLEWARE = """

A func.py with main(context) was written for func's older middleware, parliament. Its main()
becomes handle(scope, receive, send) in function/func.py; what func create -l python writes
shows how."""


@describe.register
def _syntax_invalid(error: SyntaxInvalid) -> Message:
    source = f"Line:     {error.source}\n" if error.source else ""
    line = f", line {error.line}" if error.line else ""
    return Message(
        "A source file of the function has a syntax error",
        f"File:     {error.path}{line}\n{source}Found:    {error.problem}\n\n"
        f"Correct the file and build again. The function is compiled for Python {error.python}:\n"
        f"syntax that is newer than that is an error too.",
    )


@describe.register
def _binding_invalid(error: BindingInvalid) -> Message:
    return Message(
        "A service binding cannot be used",
        f"Binding:  {error.path}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}. The build reads bindings of the types pip, netrc,\n"
        f"ca-certificates and uv; docs/private-indexes.md says what each holds.",
    )
