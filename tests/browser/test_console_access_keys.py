"""The console's page of access keys as a person uses it: a key that it makes signs, until it is deleted there."""

import re

import boto3
import pytest
from botocore.exceptions import ClientError
from cloud_process import CloudProcess, Sdk
from console_browser import Person
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_key_is_made_for_a_user_and_deleted(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.page.get_by_role("button", name=re.compile("123456789012")).click()
    person.page.get_by_role("menuitem", name="Access keys").click()
    expect(person.page).to_have_url(re.compile("us-east-1/access-keys$"))
    expect(person.row("The account itself (root)")).to_have_count(1)
    person.page.get_by_role("button", name="Create access key").click()
    person.dialog.get_by_role("textbox", name="User").fill("no such")
    expect(person.dialog.get_by_role("button", name="Create access key")).to_be_disabled()
    person.dialog.get_by_role("textbox", name="User").fill("clerk")
    person.dialog.get_by_role("button", name="Create access key").click()
    shown = person.dialog.get_by_text("export AWS_SECRET_ACCESS_KEY=")
    expect(shown).to_be_visible()
    person.picture("access-key-once")
    assert person.violations() == []
    [secret] = re.findall(r"AWS_SECRET_ACCESS_KEY=(\S+)", shown.inner_text())
    person.dialog.get_by_role("button", name="Close").last.click()

    [key] = sdk.client("iam").list_access_keys(UserName="clerk")["AccessKeyMetadata"]
    signer = boto3.client(
        "sts",
        "us-east-1",
        endpoint_url=cloud.endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=secret,
    )
    assert signer.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/clerk"

    person.row(key["AccessKeyId"]).get_by_role("checkbox").check(force=True)
    person.page.get_by_role("button", name="Actions").click()
    person.page.get_by_role("menuitem", name="Delete access key").click()
    expect(person.dialog.get_by_text("refused at once, and for good")).to_be_visible()
    person.dialog.get_by_role("button", name="Delete access key").click()
    expect(person.row(key["AccessKeyId"])).to_have_count(0)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        signer.get_caller_identity()
