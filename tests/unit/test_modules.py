"""Modules that are imported where a plain `import` will not do."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kumoniwa.modules import deferred, hidden


@pytest.fixture(autouse=True)
def walls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package `walls` with a module `paint` that was imported by nobody."""
    (tmp_path / "walls").mkdir()
    (tmp_path / "walls" / "__init__.py").touch()
    (tmp_path / "walls" / "paint.py").write_text("colour = 'red'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("walls", "walls.paint"):
        sys.modules.pop(name, None)


def test_a_hidden_module_is_not_to_be_had_until_the_block_ends() -> None:
    with hidden("walls"), pytest.raises(ImportError):
        importlib.import_module("walls")
    assert importlib.import_module("walls")


def test_a_deferred_module_is_imported_when_it_is_used_after_the_block() -> None:
    with deferred("walls.paint"):
        user: dict[str, object] = {}
        exec("from walls import paint\nimport walls.paint as named\nimport walls", user)
    assert "walls.paint" not in sys.modules
    assert eval("(paint.colour, named.colour, walls.paint.colour)", user) == ("red",) * 3
    assert "walls.paint" in sys.modules


def test_a_deferred_module_is_imported_when_it_is_used_within_the_block() -> None:
    with deferred("walls.paint"):
        user: dict[str, object] = {}
        exec("from walls.paint import colour", user)
        assert user["colour"] == "red"
    assert "walls.paint" in sys.modules


def test_a_module_that_was_imported_before_stays_as_it_is() -> None:
    paint = importlib.import_module("walls.paint")
    with deferred("walls.paint"), hidden("walls.paint"):
        assert importlib.import_module("walls.paint") is paint
    assert sys.modules["walls.paint"] is paint


def test_what_a_deferred_module_has_not_is_an_attribute_error() -> None:
    with deferred("walls.paint"):
        paint = importlib.import_module("walls.paint")
    with pytest.raises(AttributeError):
        _ = paint.brush
