"""Callers with keys of their own, for tests of who calls."""

from typing import Any

from asgi import Caller
from stack import Stack


async def user_with_key(stack: Stack, name: str) -> Caller:
    """A new user, as a caller with a key of its own."""
    await stack.caller.iam("CreateUser", UserName=name)
    return await another_key(stack, name)


async def another_key(stack: Stack, name: str) -> Caller:
    """The user of that name, as a caller with a new key."""
    made = (await stack.caller.iam("CreateAccessKey", UserName=name))["AccessKey"]
    return Caller(stack.running.gateway, made["AccessKeyId"], made["SecretAccessKey"])


def with_temporary(stack: Stack, answer: dict[str, Any], region: str = "us-east-1") -> Caller:
    """Who calls with the credentials that STS answered."""
    issued = answer["Credentials"]
    key, secret, token = issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
    return Caller(stack.running.gateway, key, secret, region, session_token=token)
