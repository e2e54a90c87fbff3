"""The console's page of key pairs as a person uses it, checked with boto3 and the AWS CLI."""

import json
import re
from pathlib import Path

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


def public_key() -> str:
    """A public key that somebody made, as OpenSSH writes it."""
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def test_the_private_key_is_saved_once(cloud: CloudProcess, person: Person, sdk: Sdk, tmp_path: Path) -> None:
    person.visit(cloud.endpoint, "us-east-1/key-pairs")
    person.page.get_by_role("button", name="Create key pair").click()
    name = person.dialog.get_by_role("textbox", name="Key pair name")
    name.fill(" no")
    expect(person.dialog.get_by_role("button", name="Create key pair")).to_be_disabled()
    name.fill("created")
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").last.fill("team")
    person.dialog.get_by_role("combobox", name="Value").last.fill("blue")
    person.picture("key-pair-create")
    assert person.violations() == []
    with person.page.expect_download() as download:
        person.dialog.get_by_role("button", name="Create key pair").click()
    assert download.value.suggested_filename == "created.pem"
    download.value.save_as(tmp_path / "created.pem")
    expect(person.dialog.get_by_text("it cannot be had again")).to_be_visible()
    person.picture("key-pair-once")
    assert person.violations() == []
    with person.page.expect_download() as again:
        person.dialog.get_by_role("button", name="Save it again").click()
    assert Path(again.value.path()).read_bytes() == (tmp_path / "created.pem").read_bytes()
    person.dialog.get_by_role("button", name="Close").last.click()

    [pair] = sdk.client().describe_key_pairs(KeyNames=["created"], IncludePublicKey=True)["KeyPairs"]
    private = load_pem_private_key((tmp_path / "created.pem").read_bytes(), None)
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert pair["PublicKey"] == f"{line} created"
    assert pair["Tags"] == [{"Key": "team", "Value": "blue"}]
    person.row("created").get_by_role("link", name="created").click()
    expect(person.page.locator("main").get_by_text(pair["KeyFingerprint"])).to_be_visible()
    assert person.violations() == []

    person.visit(cloud.endpoint, "us-east-1/key-pairs")
    person.page.get_by_role("button", name="Create key pair").click()
    person.dialog.get_by_role("textbox", name="Key pair name").fill("for PuTTY")
    person.dialog.get_by_role("radio", name="ED25519").check(force=True)
    person.dialog.get_by_role("radio", name=".ppk").check(force=True)
    with person.page.expect_download() as ppk:
        person.dialog.get_by_role("button", name="Create key pair").click()
    assert ppk.value.suggested_filename == "for_PuTTY.ppk"
    assert Path(ppk.value.path()).read_text().startswith("PuTTY-User-Key-File-2: ssh-ed25519\n")
    person.dialog.get_by_role("button", name="Close").last.click()

    person.page.get_by_role("button", name="Create key pair").click()
    person.dialog.get_by_role("textbox", name="Key pair name").fill("created")
    expect(person.dialog.get_by_text("There is a key pair named created already.")).to_be_visible()
    person.dialog.get_by_role("button", name="Create key pair").click()
    words = "The keypair 'created' already exists. (InvalidKeyPair.Duplicate, request "
    expect(person.dialog.get_by_text(words)).to_be_visible()


def test_a_public_key_is_imported_pasted_and_from_a_file_and_as_the_command_says(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli, tmp_path: Path
) -> None:
    keys = {name: public_key() for name in ("pasted", "of a file")}
    (tmp_path / "key.pub").write_text(keys["of a file"] + " me@here\n")
    person.visit(cloud.endpoint, "us-east-1/key-pairs")
    for name, key in keys.items():
        person.choose("Actions", "Import key pair")
        person.dialog.get_by_role("textbox", name="Key pair name").fill(name)
        contents = person.dialog.get_by_role("textbox", name="Public key contents")
        contents.fill("-----BEGIN OPENSSH PRIVATE KEY-----")
        expect(person.dialog.get_by_text("This is a private key").first).to_be_visible()
        contents.fill("no key")
        person.dialog.get_by_role("button", name="Import key pair").click()
        expect(person.dialog.get_by_text("Key is not in valid OpenSSH public key format")).to_be_visible()
        if name == "pasted":
            contents.fill(key)
        else:
            person.dialog.locator("input[type=file]").set_input_files(tmp_path / "key.pub")
            expect(contents).to_have_value(f"{key} me@here")
        person.dialog.get_by_role("button", name="Show as CLI").click()
        command = person.dialog.get_by_text(re.compile("^printf ")).inner_text()
        person.picture("key-pair-import")
        assert person.violations() == []
        person.dialog.get_by_role("button", name="Import key pair").click()
        expect(person.page.get_by_text(f"Key pair {name} imported.")).to_be_visible()
        [pair] = sdk.client().describe_key_pairs(KeyNames=[name], IncludePublicKey=True)["KeyPairs"]
        assert pair["PublicKey"] == f"{key} {name}"
        sdk.client().delete_key_pair(KeyName=name)
        expect(person.row(name)).to_have_count(0)
        answer = json.loads(aws.script(command))
        assert answer["KeyFingerprint"] == pair["KeyFingerprint"]
        expect(person.row(name)).to_have_count(1)


def test_a_deletion_names_the_instances_that_keep_the_key(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    for name in ("deleted-used", "deleted-free"):
        client.import_key_pair(KeyName=name, PublicKeyMaterial=public_key().encode())
    instance = launch(sdk, "keeps-its-key", KeyName="deleted-used")
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}")
    person.page.get_by_role("link", name="deleted-used").click()  # by the key pair's id, which no instance names
    expect(person.page.get_by_role("heading", name="deleted-used (key-")).to_be_visible()
    person.visit(cloud.endpoint, "us-east-1/key-pairs")
    for name in ("deleted-used", "deleted-free"):
        person.row(name).locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("Actions", "Delete key pair")
    expect(person.dialog.get_by_text(f"as before: keeps-its-key ({instance}).")).to_be_visible()
    expect(person.dialog.get_by_text("No instance was launched with it.")).to_be_visible()
    person.picture("key-pair-delete")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Delete key pair (2)").click()
    expect(person.page.get_by_text("Delete key pair: done for 2 of 2")).to_be_visible()
    expect(person.row("deleted-")).to_have_count(0)
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}")
    expect(person.page.get_by_text("deleted-used", exact=True)).to_be_visible()
    expect(person.page.get_by_role("link", name="deleted-used")).to_have_count(0)
    left = {pair["KeyName"] for pair in client.describe_key_pairs()["KeyPairs"]}
    assert left.isdisjoint({"deleted-used", "deleted-free"})
    client.terminate_instances(InstanceIds=[instance])


def test_key_pairs_are_seen_at_once_tagged_and_hinder_nobody(cloud: CloudProcess, browser: Browser, sdk: Sdk) -> None:
    client = sdk.client()
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    person.visit(cloud.endpoint, "us-east-1/key-pairs")
    expect(person.page.get_by_role("heading", name="キーペア")).to_be_visible()
    made = client.import_key_pair(KeyName="from-outside", PublicKeyMaterial=public_key().encode())
    expect(person.row("from-outside")).to_be_visible()
    person.select("from-outside")
    person.choose("アクション", "タグを管理")
    person.dialog.get_by_role("button", name="新しいタグを追加").click()
    person.dialog.get_by_role("combobox", name="キー").last.fill("team")
    person.dialog.get_by_role("button", name="保存").click()
    expect(person.page.get_by_text("のタグを変更しました。")).to_be_visible()
    tags = client.describe_tags(Filters=[{"Name": "resource-id", "Values": [made["KeyPairId"]]}])["Tags"]
    assert [tag["Key"] for tag in tags] == ["team"]
    person.picture("key-pairs-dark-ja")
    assert person.violations() == []
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.fits()
    assert person.complaints == []
    person.context.close()
