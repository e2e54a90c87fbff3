"""The registry imports an action's module when the action is first asked for."""

import sys
from pathlib import Path

import pytest

from kumoniwa.api.registry import ACTIONS, Actions

_MODULE = "paint_walls"


@pytest.fixture
def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """A table of one action, in a module that registers it in a service of its own."""
    (tmp_path / f"{_MODULE}.py").write_text(
        "from kumoniwa.api.registry import action\n"
        "@action('PaintWalls', service='walls')\n"
        "async def paint_walls(cloud, call, parameters): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, _MODULE, raising=False)
    table = Actions({"PaintWalls": _MODULE, "LostWalls": _MODULE})
    monkeypatch.setitem(ACTIONS, "walls", table)
    return table


def test_a_module_is_imported_when_its_action_is_asked_for(actions: Actions) -> None:
    assert (set(actions), len(actions)) == ({"PaintWalls", "LostWalls"}, 2)
    assert _MODULE not in sys.modules and not actions.registered()
    assert actions["PaintWalls"].function.__module__ == _MODULE
    assert set(actions.registered()) == {"PaintWalls"}


def test_an_action_that_is_not_where_the_table_says_is_no_action(actions: Actions) -> None:
    assert "LostWalls" not in actions
    assert "OtherWalls" not in actions


def test_a_name_is_registered_once(actions: Actions) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        actions.register("PaintWalls", actions["PaintWalls"])
