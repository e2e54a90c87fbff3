"""What is kept of botocore's models: the same as botocore reads of them, and never believed where it is not whole."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.model import OperationModel
from service_models import JSON_SERVICES, service_model

from kumoniwa.gateway.protocols import kept_model
from kumoniwa.gateway.protocols.botocore_model import BotocoreModel
from kumoniwa.gateway.protocols.kept_model import KeptModel
from kumoniwa.gateway.protocols.model import Model, Shape

SERVICES = {"ec2": "2016-11-15", "iam": "2010-05-08", "sts": "2011-06-15", **JSON_SERVICES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the models of all services are kept."""
    folder = tmp_path_factory.mktemp("cache") / "models"
    for service, version in SERVICES.items():
        KeptModel(service, version, folder)
    return folder


@pytest.fixture
def no_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept must be enough."""

    def refuse(*_: object) -> None:
        pytest.fail("botocore's model was loaded")

    monkeypatch.setattr(KeptModel, "_make", refuse)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("no_botocore")
def test_every_action_is_kept_as_botocore_reads_it(service: str, folder: Path) -> None:
    kept = KeptModel(service, SERVICES[service], folder)
    assert _as_botocore(service, kept) == len(kept.actions)


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_folder_every_action_is_as_botocore_reads_it(service: str) -> None:
    whole = BotocoreModel(service, SERVICES[service])
    assert _as_botocore(service, whole) == len(whole.actions)


@pytest.mark.parametrize("service", SERVICES)
def test_what_made_the_file_answers_like_who_reads_it(service: str, tmp_path: Path) -> None:
    made, read = (KeptModel(service, SERVICES[service], tmp_path / "models") for _ in range(2))
    for model in made, read:
        assert _as_botocore(service, model) == len(made.actions)


@pytest.mark.parametrize(
    "spoilt", ["head", "index", "empty", "short", "other format", "other source", "size", "folder"]
)
def test_a_file_that_is_not_whole_is_made_anew(spoilt: str, tmp_path: Path) -> None:
    path = _kept(tmp_path)
    whole = path.read_bytes()
    head, rest = whole.split(b"\n", 1)
    match spoilt:
        case "head":
            path.write_bytes(b"{}\n" + rest)
        case "index":
            path.write_bytes(head + b"\n" + rest.replace(b"GetCallerIdentity", b"GetCallerIdentitx", 1))
        case "empty":
            path.write_bytes(b"")
        case "short":
            path.write_bytes(whole[:200])
        case "other format":
            path.write_bytes(json.dumps({**json.loads(head), "format": 0}).encode() + b"\n" + rest)
        case "other source":
            path.write_bytes(json.dumps({**json.loads(head), "source": "0" * 64}).encode() + b"\n" + rest)
        case "size":  # more than there is memory, and than a machine's word holds
            path.write_bytes(json.dumps({**json.loads(head), "bytes": 10**30}).encode() + b"\n" + rest)
        case "folder":
            path.unlink()
            path.mkdir()
            path.rmdir()
    KeptModel("sts", SERVICES["sts"], path.parent)
    assert path.read_bytes() == whole


def test_a_part_that_is_damaged_under_a_running_server_is_made_anew(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    whole = path.read_bytes()
    running = KeptModel("sts", SERVICES["sts"], path.parent)
    path.write_bytes(whole.replace(b"AssumeRoleRequest", b"AssumeRoleRequesu"))
    assert running.operation("AssumeRole").input.name == "AssumeRoleRequest"
    assert path.read_bytes() == whole


def test_a_file_that_is_gone_under_a_running_server_is_made_anew(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    running = KeptModel("sts", SERVICES["sts"], path.parent)
    path.unlink()
    assert running.operation("AssumeRole").input.name == "AssumeRoleRequest"
    assert path.exists()


def test_another_model_of_botocores_is_kept_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _kept(tmp_path)
    monkeypatch.setattr(kept_model, "_digest", lambda service, version: "f" * 64)
    KeptModel("sts", SERVICES["sts"], first.parent)
    assert {path.name for path in first.parent.iterdir()} == {first.name, "sts-2011-06-15-ffffffffffff.json"}


def test_what_others_may_have_written_is_not_read(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"AssumeRole"', b'"AssumeRold"'))
    path.parent.chmod(0o777)
    assert "AssumeRole" in KeptModel("sts", SERVICES["sts"], path.parent).actions
    assert b'"AssumeRold"' in path.read_bytes(), "and nothing is written there either"


def test_where_nothing_can_be_kept_it_answers_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "models"
    blocked.write_text("a file where the folder should be")
    model = KeptModel("sts", SERVICES["sts"], blocked)
    assert _as_botocore("sts", model) == len(model.actions)


def test_what_cannot_be_kept_leaves_no_draft(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    path.unlink()
    path.mkdir()
    KeptModel("sts", SERVICES["sts"], path.parent)
    assert list(path.parent.iterdir()) == [path]


def test_a_draft_that_a_crash_left_behind_is_replaced(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    whole = path.read_bytes()
    path.unlink()
    path.with_suffix(f".{os.getpid()}.new").write_bytes(b"half")
    KeptModel("sts", SERVICES["sts"], path.parent)
    assert path.read_bytes() == whole and list(path.parent.iterdir()) == [path]


def _kept(tmp_path: Path) -> Path:
    """The file of a model that was just kept."""
    KeptModel("sts", SERVICES["sts"], tmp_path / "models")
    (path,) = (tmp_path / "models").iterdir()
    return path


def _as_botocore(service: str, model: Model) -> int:
    """Compare each action of the model with botocore's own reading of its file; how many there were."""
    theirs = service_model(service, SERVICES[service])
    assert model.actions == frozenset(theirs.operation_names)
    alike: set[tuple[object, ...]] = set()
    for action in model.actions:
        ours, known = model.operation(action), theirs.operation_model(action)
        assert isinstance(known, OperationModel)
        if known.input_shape is None:
            assert not ours.input.members, action
        else:
            _compare(ours.input, known.input_shape, alike)
        assert (ours.output is None) == (known.output_shape is None), action
        if ours.output is not None:
            _compare(ours.output, known.output_shape, alike)
    return len(model.actions)


def _compare(ours: Shape, theirs: Any, alike: set[tuple[object, ...]]) -> None:
    """All that readers and writers ask of a shape."""
    named = {word: theirs.serialization.get(word) for word in ("name", "queryName", "flattened")}
    assert {word: ours.serialization.get(word) for word in named} == named, theirs.name
    assert (ours.name, ours.type_name) == (theirs.name, theirs.type_name)
    assert list(ours.required_members) == list(theirs.required_members), theirs.name
    assert list(ours.words) == list(theirs.metadata.get("enum", ())), theirs.name
    if (seen := (ours.name, *named.values())) in alike:
        return
    alike.add(seen)
    if theirs.type_name == "structure":
        assert list(ours.members) == list(theirs.members), theirs.name
        for name, member in ours.members.items():
            _compare(member, theirs.members[name], alike)
    elif theirs.type_name == "list":
        _compare(ours.member, theirs.member, alike)
