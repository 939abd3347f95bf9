"""uv.lock, which uv installs itself: only of which kinds the values are that are read of it."""

from function_buildpack.source.schema import ListOf, Table

_NEEDS = ListOf(Table({"name": str}))
_PACKAGE = Table(
    {
        "name": str,
        "dependencies": _NEEDS,
        "optional-dependencies": Table(others=_NEEDS),
        "dev-dependencies": Table(others=_NEEDS),
    }
)
KIND = Table({"package": ListOf(_PACKAGE)})
