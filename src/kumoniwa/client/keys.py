"""Access keys of the running cloud: each is of a user of IAM, whose name says who called."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kumoniwa.client.access import find_cloud
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.terminal import remark, say, show, table

_COLUMNS = ("access key", "user", "status", "created")


def create_key(data_dir: Path, user: str, *, as_json: bool) -> None:
    """Make an access key of a user, who is made where there is none of that name, and print both halves."""
    cloud = CloudClient(find_cloud(data_dir))
    arn = _ensure_user(cloud, user)
    key = cloud.iam("CreateAccessKey", UserName=user)["AccessKey"]
    key["CreateDate"] = key["CreateDate"].isoformat()
    if as_json:
        say(json.dumps({**key, "Arn": arn}, indent=2))
        return
    say(f"export AWS_ACCESS_KEY_ID={key['AccessKeyId']}")
    say(f"export AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}")
    say("unset AWS_SESSION_TOKEN")
    remark(f"Calls with it are made by {arn}. The secret is not shown again.")


def list_keys(data_dir: Path, *, as_json: bool) -> None:
    """Every access key, without its secret: the cloud's own first."""
    access = find_cloud(data_dir)
    keys = [_own_key(access.access_key_id, access.account), *_users_keys(CloudClient(access))]
    if as_json:
        say(json.dumps(keys, indent=2))
        return
    rows = [(key["AccessKeyId"], key["UserName"] or "(root)", key["Status"], key["CreateDate"] or "") for key in keys]
    show(table(_COLUMNS, rows))


def delete_key(data_dir: Path, access_key_id: str) -> None:
    """Delete an access key: it signs nothing from then on. Its user stays."""
    CloudClient(find_cloud(data_dir)).iam("DeleteAccessKey", AccessKeyId=access_key_id)


def _own_key(access_key_id: str, account: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:root"
    return {"AccessKeyId": access_key_id, "UserName": None, "Arn": arn, "Status": "Active", "CreateDate": None}


def _users_keys(cloud: CloudClient) -> Iterator[dict[str, Any]]:
    for user in cloud.iam_pages("ListUsers", "Users"):
        for key in cloud.iam_pages("ListAccessKeys", "AccessKeyMetadata", UserName=user["UserName"]):
            yield {**key, "Arn": user["Arn"], "CreateDate": key["CreateDate"].isoformat()}


def _ensure_user(cloud: CloudClient, name: str) -> str:
    """The ARN of the user of that name."""
    there = (user for user in cloud.iam_pages("ListUsers", "Users") if user["UserName"].lower() == name.lower())
    user = next(there, None) or cloud.iam("CreateUser", UserName=name)["User"]
    arn: str = user["Arn"]
    return arn
