"""An account's alias, which clean-up tools ask for before they touch anything."""

from typing import Any

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio


async def _aliases(stack: Stack) -> Any:
    return (await stack.caller.iam("ListAccountAliases"))["AccountAliases"]


async def _refused(stack: Stack, action: str, alias: str) -> tuple[int, str]:
    answer = await stack.caller.post(f"Action={action}&Version=2010-05-08&AccountAlias={alias}", service="iam")
    return answer.status, answer.text


async def test_a_new_alias_takes_the_place_of_the_old_one(stack: Stack) -> None:
    assert await _aliases(stack) == []
    await stack.caller.iam("CreateAccountAlias", AccountAlias="garden")
    await stack.caller.iam("CreateAccountAlias", AccountAlias="moss-garden-2")
    assert await _aliases(stack) == ["moss-garden-2"]


async def test_an_alias_that_is_taken_is_refused(stack: Stack) -> None:
    await stack.caller.iam("CreateAccountAlias", AccountAlias="garden")
    status, text = await _refused(stack, "CreateAccountAlias", "garden")
    assert status == 409
    assert "<Code>EntityAlreadyExists</Code><Message>The account alias garden already exists.</Message>" in text


async def test_only_the_alias_that_the_account_has_is_deleted(stack: Stack) -> None:
    await stack.caller.iam("CreateAccountAlias", AccountAlias="garden")
    status, text = await _refused(stack, "DeleteAccountAlias", "moss")
    assert (status, "<Code>NoSuchEntity</Code>" in text) == (404, True)
    await stack.caller.iam("DeleteAccountAlias", AccountAlias="garden")
    assert await _aliases(stack) == []
    assert (await _refused(stack, "DeleteAccountAlias", "garden"))[0] == 404


@pytest.mark.parametrize("alias", ["Garden", "two--dashes", "-garden", "garden-", "garden.moss", "g" * 64, "ga%0A"])
async def test_what_is_no_alias_is_refused(stack: Stack, alias: str) -> None:
    for action in ("CreateAccountAlias", "DeleteAccountAlias"):
        status, text = await _refused(stack, action, alias)
        assert (status, "<Code>ValidationError</Code>" in text) == (400, True), action
    assert await _aliases(stack) == []
