"""Secrets in files: compared as they are now, and a file that is unusable lets nobody in."""

from pathlib import Path

import pytest

from fairlead.app.static_tokens import StaticTokens
from fairlead.config.access import StaticToken
from fairlead.core.access import Role

FIRST, SECOND = "first-secret-0123456789", "second-secret-0123456789"


def tokens(folder: Path) -> StaticTokens:
    (folder / "a").write_text(FIRST + "\n")
    (folder / "b").write_text(f"  {SECOND}\r\n")
    return StaticTokens(
        [
            StaticToken(name="a", role=Role.ALERTMANAGER, file=folder / "a"),
            StaticToken(name="b", role=Role.WRITER, file=folder / "b"),
        ]
    )


def name(found: StaticToken | None) -> str | None:
    return found.name if found else None


def test_a_secret_finds_its_token(tmp_path: Path) -> None:
    known = tokens(tmp_path)
    assert [name(known.find(secret)) for secret in (FIRST, SECOND)] == ["a", "b"]


@pytest.mark.parametrize("secret", ["", FIRST[:-1], FIRST + "\n", FIRST.upper(), "\ud800", "é" * 16, FIRST + SECOND])
def test_anything_else_finds_none(tmp_path: Path, secret: str) -> None:
    assert tokens(tmp_path).find(secret) is None


def test_a_changed_file_changes_the_secret(tmp_path: Path) -> None:
    known = tokens(tmp_path)
    assert name(known.find(FIRST)) == "a"
    (tmp_path / "a").write_text("rotated-secret-0123456789")
    assert name(known.find(FIRST)) is None
    assert name(known.find("rotated-secret-0123456789")) == "a"


def test_a_file_that_is_replaced_by_a_link_as_kubernetes_does(tmp_path: Path) -> None:
    known = tokens(tmp_path)
    assert name(known.find(FIRST)) == "a"
    (tmp_path / "new").write_text("rotated-secret-0123456789")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    (tmp_path / "link").rename(tmp_path / "a")
    assert name(known.find("rotated-secret-0123456789")) == "a"


@pytest.mark.parametrize("content", [None, "", "short", "two words 0123456789"])
def test_an_unusable_file_lets_nobody_in_until_it_is_mended(
    tmp_path: Path, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    known = tokens(tmp_path)
    assert name(known.find(FIRST)) == "a"
    if content is None:
        (tmp_path / "a").unlink()
    else:
        (tmp_path / "a").write_text(content)
    for secret in (FIRST, content or "", SECOND):
        assert name(known.find(secret)) == ("b" if secret == SECOND else None)
    assert [record.message for record in caplog.records] == ["token not usable"]
    (tmp_path / "a").write_text(FIRST + " ")
    assert name(known.find(FIRST)) == "a"
