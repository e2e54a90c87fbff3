"""The user that a request names, or who makes it where it names none; and users as IAM answers them."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.iam.refusals import NoSuchEntity, ValidationError
from kumoniwa.api.iam.tags import tag_list
from kumoniwa.model.principals import PrincipalKind
from kumoniwa.model.users import User
from kumoniwa.store import users


def user_named(connection: Connection, call: Call, name: str) -> User:
    """The user of that name. Raises `NoSuchEntity`."""
    if (user := users.named(connection, call.account, name)) is None:
        raise NoSuchEntity(f"The user with name {name[:128]} cannot be found.")
    return user


def user_of(connection: Connection, call: Call, parameters: Parameters) -> User:
    """The user whom a request names, which it must. Raises `NoSuchEntity`."""
    return user_named(connection, call, parameters["UserName"])


def user_meant(connection: Connection, call: Call, parameters: Parameters) -> User:
    """The user whom a request names, else who signed it. Raises `NoSuchEntity`, and `ValidationError` for no user."""
    name = parameters.get("UserName")
    if name is None:
        if call.caller.kind is not PrincipalKind.USER:
            raise ValidationError("Must specify userName when calling with non-User credentials")
        name = call.caller.name
    return user_named(connection, call, name)


def user_output(user: User) -> dict[str, Any]:
    """A user in a listing; single ones are answered with tags too."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created_at,
    }


def whole_user_output(user: User) -> dict[str, Any]:
    """A user with tags."""
    return {**user_output(user), "Tags": tag_list(user.tags) if user.tags else None}
