"""The archive of the lifecycle."""

import os
import tarfile
from pathlib import Path

from tools.go.lifecycle_archive import write_lifecycle


def test_the_same_programs_are_the_same_bytes(tmp_path: Path) -> None:
    """The archive does not contain dates, owners, modes or the folder."""
    (tmp_path / "lifecycle.toml").write_text('version = "@VERSION@"\n')
    made = []
    for time, mode in ((0, 0o700), (1_000_000_000, 0o755)):
        folder = tmp_path / str(time)
        folder.mkdir()
        for program in ("lifecycle", "launcher"):
            (folder / program).write_text(program)
            (folder / program).chmod(mode)
            os.utime(folder / program, (time, time))
        sboms = {"launcher.sbom.cdx.json": "{}\n"}
        write_lifecycle(tmp_path / "lifecycle.toml", "0.20.11", folder, sboms)
        assert {"lifecycle", "launcher", "lifecycle.tgz"} == {
            path.name for path in folder.iterdir()
        }
        made.append((folder / "lifecycle.tgz").read_bytes())

    assert made[0] == made[1]
    with tarfile.open(tmp_path / "0" / "lifecycle.tgz") as archive:
        descriptor = archive.extractfile("lifecycle.toml")
        assert descriptor
        assert b'version = "0.20.11"\n' == descriptor.read()
        assert "lifecycle" == archive.getmember("lifecycle/creator").linkname
        assert 0o755 == archive.getmember("lifecycle/launcher").mode
        sbom = archive.extractfile("lifecycle/launcher.sbom.cdx.json")
        assert sbom
        assert b"{}\n" == sbom.read()
        assert 0o644 == archive.getmember("lifecycle/launcher.sbom.cdx.json").mode
