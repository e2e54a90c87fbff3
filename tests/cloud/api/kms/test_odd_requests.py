"""Odd texts in every place of every request of KMS: refused in KMS's words, and never an error of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from kms_calls import MISSING, key_arn, make_key
from service_models import json_model
from stack import Stack

from kumoniwa.api import kms
from kumoniwa.api.registry import ACTIONS
from kumoniwa.modules import import_all

import_all(kms)

pytestmark = pytest.mark.anyio

ODD: tuple[Any, ...] = (
    "",
    "\0",
    "雲",
    "alias/",
    "alias/\0",
    "arn:",
    "arn:aws:kms:us-east-1:123456789012:key/",
    "arn:aws:kms:::alias/",
    "aHR0cA==",
    "{}",
    '{"Statement": [{"Effect": []}]}',
    5000 * "[",
    2**40,
    -1,
    1.5,
    True,
    [],
    ["x"],
    [[]],
    [{}],
    {},
    {"x": "y"},
    {"x": 1},
)
WORKS = {"NumberOfBytes": 1, "Limit": 1, "Operations": ["Decrypt"], "Tags": [], "TagKeys": [], "KeySpec": "AES_256"}


def _requests(action: str, key_id: str) -> Iterator[dict[str, Any]]:
    shape = json_model("kms").operation_model(action).input_shape
    plain = {name: WORKS.get(name, "alias/a" if "Alias" in name else key_id) for name in shape.required_members}
    yield plain
    for name in shape.members:
        for value in (*ODD, MISSING, key_id, None):
            yield {**plain, name: value}


async def test_nothing_that_is_asked_of_kms_is_an_error_of_ours(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    await stack.ask("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=key_id)
    codes: dict[str, int] = {}
    for action in sorted(ACTIONS["kms"]):
        if action in ("DeleteAlias", "ScheduleKeyDeletion", "DisableKey"):
            continue  # what they do is tested elsewhere: here the key and the alias are to stay
        for asked in _requests(action, key_id):
            answer = await stack.caller.post(
                json.dumps(asked),
                service="kms",
                X_Amz_Target=f"TrentService.{action}",
                Content_Type="application/x-amz-json-1.1",
            )
            code = "" if answer.status == 200 else str(json.loads(answer.body)["__type"])
            assert answer.status in (200, 400), (action, asked, answer.text)
            codes[code] = codes.get(code, 0) + 1
    assert codes[""] > 100, codes
    assert codes.keys() >= {"SerializationException", "ValidationException", "NotFoundException", "InvalidArnException"}
    found = await stack.ask("kms", "DescribeKey", KeyId=key_arn(stack, key_id))
    assert found["KeyMetadata"]["KeyState"] == "Enabled"
