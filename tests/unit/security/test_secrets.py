"""Secrets by reference: environment first, then the folder; never in a repr."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.security.secrets import EnvSecrets, is_reference, variable_of

KEY = "secret://civil-registry/signing-key"


def test_the_environment_goes_before_the_folder(tmp_path: Path) -> None:
    (tmp_path / "civil-registry").mkdir()
    (tmp_path / "civil-registry" / "signing-key").write_text("from the file\n")
    environ: dict[str, str] = {}
    secrets = EnvSecrets(environ, tmp_path)
    assert secrets.get(KEY) == "from the file"
    environ["DARCHA_SECRET_CIVIL_REGISTRY_SIGNING_KEY"] = "from the environment"
    assert secrets.get(KEY) == "from the environment"
    assert variable_of(KEY) in environ


def test_what_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="DARCHA_SECRET_CIVIL_REGISTRY_SIGNING_KEY"):
        EnvSecrets({}).get(KEY)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "civil-registry" / "signing-key").mkdir(parents=True)
    with pytest.raises(KeyError, match="cannot be read"):
        EnvSecrets({}, tmp_path).get(KEY)


@pytest.mark.parametrize(
    "wrong", ["", "key", "secret://a", "secret://a/../b", "secret://A/b", "secret://a/b/c", "secret://./b", "file:///x"]
)
def test_what_is_no_reference_is_refused(wrong: str, tmp_path: Path) -> None:
    assert not is_reference(wrong)
    with pytest.raises(KeyError, match="is not written as"):
        EnvSecrets({}, tmp_path).get(wrong)


def test_values_are_in_no_repr() -> None:
    secrets = EnvSecrets({variable_of(KEY): "hunter2"})
    assert "hunter2" not in repr(secrets) + str(secrets)
    assert not hasattr(secrets, "__dict__")
