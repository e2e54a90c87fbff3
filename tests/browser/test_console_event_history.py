"""The console's event history: a refused call is found there and at its instance, with its record."""

import pytest
from botocore.exceptions import ClientError
from cloud_process import CloudProcess, Sdk
from console_browser import Person, launch
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_refused_call_is_found_in_the_history_and_at_its_instance(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    instance = launch(sdk, "watched", DisableApiStop=True)
    with pytest.raises(ClientError) as refusal:
        sdk.client().stop_instances(InstanceIds=[instance])
    request = refusal.value.response["ResponseMetadata"]["RequestId"]
    person.visit(cloud.endpoint, "us-east-1/event-history")
    refused = person.row("Client.OperationNotPermitted")
    expect(refused).to_contain_text(instance)
    refused.get_by_role("link", name="StopInstances").click()
    person.page.get_by_role("tab", name="Event record").click()
    expect(person.page.get_by_role("region", name="Event record")).to_contain_text(f'"requestID": "{request}"')
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}")
    person.page.get_by_role("tab", name="Event history").click()
    expect(person.row("Client.OperationNotPermitted")).to_contain_text(request)
    expect(person.page.get_by_role("link", name="RunInstances")).to_be_visible()
    assert person.violations() == []
