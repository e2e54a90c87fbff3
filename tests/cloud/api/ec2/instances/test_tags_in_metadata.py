"""Tags that an instance cannot have while its metadata shows them."""

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

WORDS = (
    "'{}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{{1,255}}), and must not be a "
    "reserved name ('.', '..', '_index')"
)


@pytest.mark.parametrize("key", ["Patch Group", "k8s.io/role", ".", "..", "_index", "größe"])
async def test_a_key_that_is_no_path_is_refused_where_metadata_shows_it(stack: Stack, key: str) -> None:
    tags, shown = [{"Key": key, "Value": "x"}], {"InstanceMetadataTags": "enabled"}
    specification = [{"ResourceType": "instance", "Tags": tags}]
    with pytest.raises(Refused) as refusal:
        await stack.launch(MetadataOptions=shown, TagSpecifications=specification)
    assert (refusal.value.code, refusal.value.message) == ("InvalidParameterValue", WORDS.format(key))
    tagged, showing = await stack.launch(TagSpecifications=specification), await stack.launch(MetadataOptions=shown)
    with pytest.raises(Refused) as refusal:
        await stack.call("ModifyInstanceMetadataOptions", InstanceId=tagged, **shown)
    assert refusal.value.message == WORDS.format(key)
    with pytest.raises(Refused) as refusal:
        await stack.call("CreateTags", Resources=[showing], Tags=tags)
    assert refusal.value.message == WORDS.format(key)
    await stack.call("CreateTags", Resources=[showing], Tags=[{"Key": "k8s.io:role", "Value": "x"}])
