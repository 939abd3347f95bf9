"""The settings of the log.

Apart from source/settings.py, which imports libraries that a build image may lack.
"""

from collections.abc import Mapping

from function_buildpack import constants
from function_buildpack.log import output
from function_buildpack.log.errors.source import SettingInvalid
from function_buildpack.log.output import Level


def use(environ: Mapping[str, str]) -> None:
    """Log as the platform asks for.

    :raises SettingInvalid: BP_LOG_LEVEL is not a level.
    """
    use_colours(environ)
    output.use(has_colours=_has_colours(environ), level=_level(environ))


def use_colours(environ: Mapping[str, str]) -> None:
    """Log with colours unless the platform asks for none; everything else is the default."""
    output.use(has_colours=_has_colours(environ))


def _has_colours(environ: Mapping[str, str]) -> bool:
    """https://no-color.org: any text but an empty one."""
    return not environ.get(constants.NO_COLOR)


def _level(environ: Mapping[str, str]) -> Level:
    """Paketo's name and values of this setting, which has no `warn` there (Paketo RFC 27)."""
    value = environ.get(constants.LOG_LEVEL) or Level.INFO.name
    try:
        return Level[value.upper()]
    except KeyError as error:
        raise SettingInvalid(constants.LOG_LEVEL, value, "debug, info or warn") from error
