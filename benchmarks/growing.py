"""A cloud that grows to so many instances, through the API."""

import re
import time
from dataclasses import replace

from servers import KUMONIWA, REGION, Running, instance_ids

BATCH = 100  # instances of a call
_OF_A_REGION = 11_000
"""Instances: its three subnets have 4,091 addresses each, and some are left for what is launched besides."""
_FURTHER = ("us-east-2", "us-west-1", "us-west-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1")
_FURTHER_STILL = ("eu-west-2", "eu-west-3", "ap-northeast-1", "ap-south-1", "ap-southeast-1", "sa-east-1")
REGIONS = (REGION, *_FURTHER, *_FURTHER_STILL)
_LOOKS = 0.25  # seconds
_WITHIN = 3600.0  # seconds


class Growing:
    """A server, and how many instances its cloud has. `server.ids` are those of the region that is asked."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.count = 0
        self._launchers = {REGION: server}
        self._subnets: dict[str, list[str]] = {}

    def launch(self, count: int) -> None:
        """So many more. A peer launches them one by one: it counts reservations where pages are of instances."""
        until = self.count + count
        while self.count < until:
            if self.server.kind is KUMONIWA:
                self._launch_batch(min(BATCH, until - self.count))
            else:
                self.server.ids += instance_ids(self.server.ask("RunInstances", **self.server.launch(1)))
                self.count += 1

    def _launch_batch(self, count: int) -> None:
        launcher = self._launcher(REGIONS[self.count // _OF_A_REGION])
        subnets = self._subnets[launcher.signer.region]
        subnet = subnets[self.count // BATCH % len(subnets)]
        launcher.ids += instance_ids(launcher.ask("RunInstances", **launcher.launch(count, SubnetId=subnet)))
        self.count += count

    def _launcher(self, region: str) -> Running:
        """Who launches in the region: the same connection, its requests signed for it."""
        if region not in self._launchers:
            launcher = replace(self.server, signer=replace(self.server.signer, region=region), ids=[])
            launcher.find_image()
            self._launchers[region] = launcher
        launcher = self._launchers[region]
        if region not in self._subnets:
            found = re.findall(rb"<subnetId>([^<]+)<", launcher.ask("DescribeSubnets"))
            self._subnets[region] = [each.decode() for each in found]
        return launcher

    def until_running(self) -> None:
        """Wait until no instance is on its way any more. Raises `TimeoutError` after an hour."""
        deadline = time.monotonic() + _WITHIN
        for launcher in self._launchers.values():
            while launcher.on_their_way():
                if time.monotonic() > deadline:
                    raise TimeoutError("instances are still on their way after an hour")
                time.sleep(_LOOKS)
