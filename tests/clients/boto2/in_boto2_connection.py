"""How scripts of boto 2 reach a cloud that is not Amazon's, and wait in it."""

import os
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from boto.regioninfo import RegionInfo

PATIENCE = 30  # seconds


def connect(kind: Any, service: str = "ec2") -> Any:
    """A connection of boto's, as its documentation has it for clouds other than Amazon's.

    From a host that is not called as Amazon's are it cannot read what to sign for, so it is told.
    """
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    connection = kind(
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        region=RegionInfo(name=os.environ["AWS_REGION"], endpoint=endpoint.hostname),
        port=endpoint.port,
        is_secure=endpoint.scheme == "https",
    )
    connection.auth_service_name, connection.auth_region_name = service, os.environ["AWS_REGION"]
    return connection


def wait_for(thing: Any, state: str, name: str = "state") -> None:
    """Ask until something of boto's is in a state. It ends the program where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while getattr(thing, name) != state:
        if time.monotonic() > deadline:
            sys.exit(f"{thing.id} is {getattr(thing, name)} after {PATIENCE} s")
        time.sleep(0.2)
        thing.update()
