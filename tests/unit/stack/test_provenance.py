"""The provenance of a version: an in-toto statement with SLSA's predicate."""

from pathlib import Path

from stack import provenance

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_statement(tmp_path: Path) -> None:
    """It has all results and all sources, each with its digest."""
    for name in ("x.whl", "run.cdx.json", "lock"):
        (tmp_path / name).touch()
    made = provenance.Made(
        {"me/run:1.2.3": f"sha256:{EMPTY}"}, [tmp_path / "x.whl"], [tmp_path / "run.cdx.json"]
    )
    origin = provenance.Origin(
        source="git+https://example.com/me@refs/tags/v1.2.3",
        commit="0" * 40,
        inputs={"stack/locks/lock": tmp_path / "lock"},
        parameters={"version": "1.2.3"},
        builder=provenance.LOCAL,
        began="2026-01-02T03:04:05Z",
        ended="2026-01-02T03:05:05Z",
    )

    digest = {"sha256": EMPTY}
    assert {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "me/run:1.2.3", "digest": digest},
            {"name": "x.whl", "digest": digest},
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:knative-python:release:1",
                "externalParameters": {"version": "1.2.3"},
                "resolvedDependencies": [
                    {
                        "uri": "git+https://example.com/me@refs/tags/v1.2.3",
                        "digest": {"gitCommit": "0" * 40},
                    },
                    {"name": "stack/locks/lock", "digest": digest},
                ],
            },
            "runDetails": {
                "builder": {"id": "urn:knative-python:local"},
                "metadata": {
                    "startedOn": "2026-01-02T03:04:05Z",
                    "finishedOn": "2026-01-02T03:05:05Z",
                },
                "byproducts": [{"name": "run.cdx.json", "digest": digest}],
            },
        },
    } == provenance.statement(made, origin)
