"""Facts about unusual machines."""

from pathlib import Path

import trustme

from tools.doctor import facts


def test_certificates(tmp_path: Path) -> None:
    """A missing bundle, or one without certificates, is detected."""
    good, bad = tmp_path / "good.crt", tmp_path / "bad.crt"
    trustme.CA().cert_pem.write_to_path(str(good))
    bad.write_text("no certificate")

    assert "" == facts.certificates_error(str(good))
    assert "No such file or directory" == facts.certificates_error(str(tmp_path / "none.crt"))
    assert "certificate" in facts.certificates_error(str(bad)).lower()


def test_this_machine() -> None:
    """All facts of a real machine can be collected."""
    here = facts.collect()

    assert "Linux" == here.system
    assert here.python >= (3, 11)
    assert {"git", "make"} <= here.programs
    assert here.cache_free > 0
