"""Exit codes of a phase (buildpack specification, "Detection" and "Build")."""

SUCCESS = 0
ERROR = 1
DETECT_FAIL = 100
