"""What a guest can read."""

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from example_guest import FACTS, GROUPS, INSTANCE, INTERFACE, KEY_PAIR, USER_DATA, facts

from kumoniwa.imds.tree import Directory, GuestFacts, InterfaceFacts, find, metadata

_GOLDEN = Path(__file__).parent / "golden"
_BARE = replace(facts(public_ip=None, user_data=None, key_name=None, public_key=None), tags={}, attachments=())


def read(path: str, of: GuestFacts = FACTS) -> str | None:
    found = find(metadata(of), path)
    return None if found is None else found.decode("latin-1")


def paths(tree: Directory, above: str) -> list[str]:
    """Every path of a tree, directories ending in a slash."""
    found = [above]
    for name, node in tree.children.items():
        found += paths(node, f"{above}{name}/") if isinstance(node, Directory) else [above + name]
    return found


def printed(tree: Directory) -> str:
    """Every path of a version with what reading it gives, as a person can review it."""
    version = tree.children["latest"]
    assert isinstance(version, Directory)
    text = ""
    for path in paths(version, "/latest/"):
        content = (find(tree, path) or b"").decode("latin-1")
        text += f"{path}\n" + "".join(f"    {line}\n" for line in content.splitlines())
    return text


def test_the_tree_of_an_instance_with_everything_is_as_reviewed() -> None:
    assert printed(metadata(FACTS)) == (_GOLDEN / "everything.txt").read_text()


def test_the_tree_of_an_instance_with_nothing_to_spare_is_as_reviewed() -> None:
    assert printed(metadata(_BARE)) == (_GOLDEN / "bare.txt").read_text()


def test_a_guest_learns_that_it_may_be_hibernated_and_no_other_has_the_path() -> None:
    options = {**INSTANCE.options, "HibernationOptions": {"Configured": True}}
    of = replace(FACTS, instance=replace(INSTANCE, options=options))
    assert read("latest/meta-data/hibernation", of) == "configured"
    assert read("latest/meta-data/hibernation/configured", of) == "true"
    assert read("latest/meta-data/hibernation/configured") is None


@pytest.mark.parametrize("of", [FACTS, _BARE])
def test_every_path_that_a_listing_names_answers(of: GuestFacts) -> None:
    tree = metadata(of)
    to_read = ["/"]
    while to_read:
        path = to_read.pop()
        listing = find(tree, path)
        assert listing is not None, path
        for name in listing.decode().splitlines():
            if "=" in name:  # a public key, listed as its number and name
                assert find(tree, f"{path}{name.partition('=')[0]}/openssh-key") is not None
            elif name.endswith("/") or name == "meta-data" or path == "/":
                to_read.append(f"{path}{name.rstrip('/')}/")
            else:
                assert find(tree, path + name) is not None, path + name


def test_every_version_lists_and_answers_the_same() -> None:
    versions = (read("/") or "").splitlines()
    assert versions[0] == "1.0" and versions[-1] == "latest" and "2021-03-23" in versions
    assert {read(f"/{version}/meta-data/instance-id") for version in versions} == {INSTANCE.id}


def test_a_version_that_ec2_never_had_is_not_there() -> None:
    assert read("/2021-03-24/meta-data/instance-id") is None


@pytest.mark.parametrize("path", ["/latest/meta-data", "/latest/meta-data/", "/latest//meta-data/"])
def test_a_directory_reads_the_same_with_and_without_its_slash(path: str) -> None:
    assert (read(path) or "").startswith("ami-id\n")


@pytest.mark.parametrize(
    "path",
    [
        "/latest/meta-data/iam/security-credentials/",
        "/latest/meta-data/ami-id/more",
        "/latest/dynamic/instance-identity/pkcs7",
        "/latest/api",
        "/latest/meta-data/../user-data",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert read(path) is None


def test_user_data_comes_back_byte_for_byte() -> None:
    assert find(metadata(FACTS), "/latest/user-data") == USER_DATA


@pytest.mark.parametrize("space", ["\n", "\u00a0", "\u2003"])
def test_user_data_that_an_earlier_version_kept_as_it_came_is_readable(space: str) -> None:
    kept = b64encode(USER_DATA).decode() + space
    assert find(metadata(facts(user_data=kept)), "/latest/user-data") == USER_DATA


def test_the_hostname_outside_virginia_names_its_region() -> None:
    assert read("/latest/meta-data/hostname", facts(region="eu-west-1")) == "ip-172-31-12-19.eu-west-1.compute.internal"


def test_the_identity_document_is_json_as_ec2_prints_it() -> None:
    document = read("/latest/dynamic/instance-identity/document") or ""
    assert document.startswith('{\n  "accountId" : "123456789012",\n  "architecture" : "x86_64",')
    assert '"billingProducts" : null' in document
    assert json.loads(document)["pendingTime"] == "2026-01-01T00:00:00Z"


def test_a_key_is_listed_by_number_and_name() -> None:
    assert read("/latest/meta-data/public-keys/") == "0=my-key"
    assert read("/latest/meta-data/public-keys/0/openssh-key") == f"{KEY_PAIR.public_key}\n"


def test_tags_that_are_no_paths_are_left_out() -> None:
    assert read("/latest/meta-data/tags/instance/") == "Name\nstage"


def test_groups_are_told_in_their_order() -> None:
    assert read("/latest/meta-data/security-groups") == "\n".join(group.name for group in GROUPS)


def test_each_of_several_interfaces_has_its_own_part_with_all_its_addresses() -> None:
    further = InterfaceFacts(
        replace(INTERFACE, id="eni-02", mac="02:00:00:00:00:02", private_ip="172.31.12.30", device_index=1),
        FACTS.subnet,
        GROUPS[:1],
        (("172.31.12.30", None), ("172.31.12.31", "127.9.0.2")),
    )
    several = replace(FACTS, secondary=(("172.31.12.20", "127.9.0.1"),), further=(further,))
    macs = "/latest/meta-data/network/interfaces/macs/"
    assert read(macs, several) == "02:00:00:00:00:01/\n02:00:00:00:00:02/"
    first, second = f"{macs}02:00:00:00:00:01/", f"{macs}02:00:00:00:00:02/"
    assert read(f"{first}local-ipv4s", several) == "172.31.12.19\n172.31.12.20"
    assert read(f"{first}public-ipv4s", several) == f"{INSTANCE.public_ip}\n127.9.0.1"
    assert read(f"{first}ipv4-associations/127.9.0.1", several) == "172.31.12.20"
    assert read(f"{second}device-number", several) == "1"
    assert read(f"{second}interface-id", several) == "eni-02"
    assert read(f"{second}local-ipv4s", several) == "172.31.12.30\n172.31.12.31"
    assert read(f"{second}public-ipv4s", several) == "127.9.0.2"
    assert read(f"{second}ipv4-associations/", several) == "127.9.0.2"
    assert read(f"{second}security-group-ids", several) == GROUPS[0].id
