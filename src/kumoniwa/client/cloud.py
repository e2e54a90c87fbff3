"""Calls to a running cloud: EC2's actions, and what Kumoniwa tells beyond EC2."""

import json
import urllib.error
import urllib.request
from functools import cached_property
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from kumoniwa.client.access import Access, CommandFailed, NoCloud, Refused

_TIMEOUT = 60.0  # seconds


class CloudClient:
    """A cloud as its users see it. Calls block; they may be made from several threads."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._ec2 = self._client("ec2")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an action of EC2: `call("StopInstances", InstanceIds=[…])`. Raises `Refused`, `NoCloud`."""
        return self._called(self._ec2, action, parameters)

    def iam(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an action of IAM: `iam("CreateUser", UserName=…)`. Raises `Refused`, `NoCloud`."""
        return self._called(self._iam, action, parameters)

    def pages(self, action: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        """Every item that a listing action answers in `member`, over all its pages."""
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = self.call(action, **parameters, **token)
            found += answer.get(member, [])
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def iam_pages(self, action: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        """The same of an action of IAM."""
        found: list[dict[str, Any]] = []
        marker: dict[str, str] = {}
        while True:
            answer = self.iam(action, **parameters, **marker)
            found += answer[member]
            if not answer["IsTruncated"]:
                return found
            marker = {"Marker": answer["Marker"]}

    def instance(self, instance_id: str) -> dict[str, Any]:
        """An instance as DescribeInstances answers it."""
        answer = self.call("DescribeInstances", InstanceIds=[instance_id])
        instance: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
        return instance

    def evidence(self, path: str, *, method: str = "GET", timeout: float = _TIMEOUT) -> dict[str, Any]:
        """What Kumoniwa answers beyond EC2, under `/_kumoniwa/`: `evidence("instances/i-…/boots")`."""
        url = f"{self.access.endpoint}/_kumoniwa/{path}"
        signed = AWSRequest(method=method, url=url)
        key = Credentials(self.access.access_key_id, self.access.secret_access_key)
        SigV4Auth(key, "ec2", self.access.region).add_auth(signed)
        try:
            with self._opener.open(
                urllib.request.Request(url, headers=dict(signed.headers), method=method), timeout=timeout
            ) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as refused:
            raise _refusal(path, refused) from None
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            raise NoCloud(self.access.data_dir) from None
        return found

    @cached_property
    def _iam(self) -> Any:
        return self._client("iam")

    def _client(self, service: str) -> Any:
        settings = Config(
            proxies={},  # the cloud is on this machine, whatever proxy the environment names
            connect_timeout=5,
            read_timeout=_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        return botocore.session.get_session().create_client(
            service,
            region_name=self.access.region,
            endpoint_url=self.access.endpoint,
            aws_access_key_id=self.access.access_key_id,
            aws_secret_access_key=self.access.secret_access_key,
            config=settings,
        )

    def _called(self, client: Any, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(client, xform_name(action))(**parameters)
        except ClientError as refused:
            error = refused.response["Error"]
            raise Refused(action, error.get("Code", "?"), error.get("Message", "")) from None
        except HTTPClientError:
            raise NoCloud(self.access.data_dir) from None
        except BotoCoreError as wrong:
            raise CommandFailed(
                f"{action} could not be asked: {wrong}.", way_out="Look at what the command was given."
            ) from None
        return answer


def _refusal(path: str, refused: urllib.error.HTTPError) -> CommandFailed:
    """What a cloud said when it would not tell: as JSON, `{"code", "message"}`, else the status alone."""
    try:
        body = json.loads(refused.read())
        return Refused("This", body["code"], body["message"])
    except (ValueError, KeyError, TypeError):
        return CommandFailed(
            f"The cloud answered {refused.code} {refused.reason} to /_kumoniwa/{path}.",
            way_out="Its log says why, if it is Kumoniwa of this version.",
        )
