"""Messages for problems of the source and its settings."""

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
        "Invalid build setting",
        f"Setting:  {error.name}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}. Change it where it is set: --env, project.toml, or\n"
        f"build.buildEnvs in func.yaml.",
    )


@describe.register
def _function_folder_missing(error: FunctionFolderMissing) -> Message:
    return Message(
        "BP_FUNCTION_PATH is not a folder of the source",
        f"Found:    {error.found}\n\n"
        f"It must be the path of the function's folder, relative to the folder that you build,\n"
        f"and inside it. Check the path, and that project.toml or .funcignore do not exclude the\n"
        f"folder.",
    )


@describe.register
def _file_unreadable(error: FileUnreadable) -> Message:
    return Message(
        "A file cannot be read",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"The build and the image's user must be able to read it. Make it a regular file that\n"
        f"everybody can read (chmod a+r), or remove it.",
    )


@describe.register
def _file_outside(error: FileOutside) -> Message:
    return Message(
        "A file of the function is outside the source",
        f"Link:     {error.path}\nFound:    {error.target}\n\n"
        f"The image gets only the folder that you build, so the link would be broken there.\n"
        f"Replace the link with the file, or build a folder that contains both and set\n"
        f"BP_FUNCTION_PATH to the function's folder.",
    )


@describe.register
def _runtime_hidden(error: RuntimeHidden) -> Message:
    return Message(
        "A file of the function hides the runtime",
        f"File:     {error.path}\nHidden:   the package {error.module}\n\n"
        f"Python searches the function's folder first. The runtime would import this file instead\n"
        f"of its own package, and fail. Rename the file, or move it into function/.",
    )


@describe.register
def _file_invalid(error: FileInvalid) -> Message:
    return Message(
        f"{error.path.name} is not valid {error.format}",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Correct the file there and build again.",
    )


@describe.register
def _field_invalid(error: FieldInvalid) -> Message:
    return Message(
        f"Invalid field in {error.path.name}",
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
        f"handle(), next to func.yaml or in src/. Create function/__init__.py with\n\n"
        f"    from .func import new\n\n"
        f"or move the function's package there. If the function is in another folder of the\n"
        f"source, set BP_FUNCTION_PATH to that folder.{older}",
    )


# The layout of func's templates before version 1.18.
_OLDER_MIDDLEWARE = """

A func.py with main(context) was written for func's older middleware, parliament. Rewrite main()
as handle(scope, receive, send) in function/func.py. func create -l python creates an example."""


@describe.register
def _syntax_invalid(error: SyntaxInvalid) -> Message:
    source = f"Line:     {error.source}\n" if error.source else ""
    line = f", line {error.line}" if error.line else ""
    return Message(
        "A source file of the function has a syntax error",
        f"File:     {error.path}{line}\n{source}Found:    {error.problem}\n\n"
        f"Correct the file and build again. The function is compiled for Python {error.python}.\n"
        f"Syntax of newer versions is an error.",
    )


@describe.register
def _binding_invalid(error: BindingInvalid) -> Message:
    return Message(
        "Invalid service binding",
        f"Binding:  {error.path}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}. The build reads bindings of the types pip, netrc,\n"
        f"ca-certificates and uv. docs/private-indexes.md describes their files.",
    )
