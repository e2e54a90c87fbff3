"""Commands of the AWS CLI, many in one process: to start the program takes a second of a processor each time."""

import json
import subprocess
import sys
from typing import Any, Self

from botocore import xform_name
from cloud_process import environment

from kumoniwa.client.access import Access

_PROGRAM = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver

for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = create_clidriver().main(json.loads(line))
    print(json.dumps([status, said.getvalue()]), flush=True)
"""
"""What `aws` does, again and again."""


class AwsCommands:
    """The AWS CLI for a cloud, in a process that ends with the block."""

    def __init__(self, access: Access) -> None:
        told = {
            "AWS_ENDPOINT_URL": access.endpoint,
            "AWS_ACCESS_KEY_ID": access.access_key_id,
            "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
            "AWS_DEFAULT_REGION": access.region,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            env={**environment(), **told},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """`aws ec2 create-vpc --cli-input-json …` for `call("CreateVpc", …)`; what it prints."""
        command = xform_name(action, "-")
        words = ["ec2", command, "--output", "json", "--cli-input-json", json.dumps(parameters)]
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(words)}\n")
        self._process.stdin.flush()
        status, said = json.loads(self._process.stdout.readline())
        assert status == 0, f"aws ec2 {command} ends with {status}"
        answer: dict[str, Any] = json.loads(said) if said.strip() else {}
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)
