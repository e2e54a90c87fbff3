"""Parameters that look right: of the shapes that botocore's model gives an action, with values of what is there."""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from known import Known
from service_models import service_model
from usual import ASSOCIATIONS, ATTRIBUTES, BY_NAME, KINDS, TAGGED, USUAL

from kumoniwa.api.registry import ACTIONS
from kumoniwa.gateway.protocols.ec2 import wire_name

Pairs = list[tuple[str, str]]

MODEL = service_model("ec2", "2016-11-15")
_WORDS = ("moss", "stone", "web", "a b", "naïve ☃", "x" * 60, "kumoniwa:freeze", "Name", "true", "0")
_INDEXED = 3  # items of a list, at most


class Plausible:
    """Makes requests. `now` is the cloud's time, `disk` the URL of a disk that may be imported."""

    def __init__(self, random: Random, known: Known, now: Callable[[], datetime], disk: str) -> None:
        self._random = random
        self._known = known
        self._now = now
        self._disk = disk
        self._action = ""
        self._row: dict[str, str] = {}

    def request(self, action: str) -> Pairs:
        """The parameters of a request, in the order of their writing."""
        self._action = action
        rows = self._known.rows(_leaves(action)) if self._random.random() < 0.7 else []
        self._row = self._random.choice(rows) if rows else {}
        if (more := self._known.pages.get(action)) is not None and self._random.random() < 0.2:
            return list(more)
        return list(self._members(MODEL.operation_model(action).input_shape, "", _not_built(action)))

    def _members(self, shape: Any, prefix: str, refused: frozenset[str]) -> Iterator[tuple[str, str]]:
        name = self._action if prefix == "" else shape.name
        usual = self._random.choice(USUAL.get(f"{self._action}.{name}", USUAL.get(name, [()])))
        if self._random.random() < 0.05:
            usual = ()
        wanted = dict.fromkeys([*shape.required_members, *usual])
        optional = [one for one in shape.members if one not in wanted and one != "DryRun"]
        if self._random.random() < 0.97:
            optional = [one for one in optional if one not in refused]
        most = self._random.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 4))
        wanted |= dict.fromkeys(self._random.sample(optional, min(most, len(optional))))
        if prefix == "" and "DryRun" in shape.members and self._random.random() < 0.06:
            wanted["DryRun"] = None
        for member in wanted:
            inner = shape.members[member]
            below = frozenset(path.partition(".")[2] for path in refused if path.startswith(f"{member}."))
            yield from self._value(inner, prefix + wire_name(member, inner.serialization), below)

    def _value(self, shape: Any, path: str, refused: frozenset[str]) -> Iterator[tuple[str, str]]:
        match shape.type_name:
            case "structure":
                yield from self._members(shape, f"{path}.", refused)
            case "list":
                for number in range(1, 1 + self._random.choice((1, 1, 1, 1, 1, 2, _INDEXED))):
                    yield from self._value(shape.member, f"{path}.{number}", refused)
            case _:
                yield path, self._scalar(shape, path)

    def _scalar(self, shape: Any, path: str) -> str:
        random, names = self._random, [part for part in path.split(".") if not part.isdecimal()]
        name = names[-1]
        if (of_row := self._row.get(name.casefold())) is not None and random.random() < 0.9:
            return of_row
        if (made := self._special(names)) is not None:
            return made
        if words := [word for word in shape.metadata.get("enum", ()) if word]:
            return str(random.choice(words))
        if shape.type_name == "string":
            return self._text(name)
        match shape.type_name:
            case "boolean":
                return random.choice(("true", "true", "false"))
            case "integer":
                return str(random.choice((0, 1, 1, 2, 5, 8, 10, 100, random.randrange(70_000))))
            case "long":
                return str(random.choice((0, 1, 5, 1000, random.randrange(1 << 40))))
            case "timestamp":
                return self._moment()
            case "blob":
                return base64.b64encode(random.randbytes(random.randrange(1, 60))).decode()
            case _:
                return str(random.random())

    def _text(self, name: str) -> str:
        random, lowered = self._random, name.casefold()
        if lowered.removesuffix("s").endswith("id"):
            prefix = next((prefix for word, prefix in KINDS if word in lowered), None)
            ids = self._known.ids(prefix) if prefix else self._known.all_ids()
            if ids and random.random() < 0.97:
                return random.choice(ids[-5:] if random.random() < 0.4 else ids)
        seen = self._known.values(name)
        if seen and random.random() < 0.6:
            return random.choice(seen)
        return f"{random.choice(_WORDS)}{random.choice(('', '', random.randrange(1000)))}"

    def _special(self, names: Sequence[str]) -> str | None:
        """What a parameter of this name is like where the model does not say it; None where nothing is special."""
        random, known, name = self._random, self._known, names[-1]
        match names:
            case ["Filter", "Name"]:
                return random.choice(_filters(self._action) or ("tag:Name",))
            case ["Filter", "Value"]:
                return self._filter_value()
            case ["ResourceType"] if self._action == "CreateFlowLogs":
                return random.choice(("VPC", "VPC", "Subnet", "NetworkInterface"))
            case ["Protocol"] if self._action == "CreateNetworkInsightsPath":
                return random.choice(("tcp", "udp"))
            case [*_, "ResourceType"] if self._action in TAGGED:
                return random.choice(TAGGED[self._action])
            case ["ResourceId"] if self._action in ("CreateTags", "DeleteTags"):
                return random.choice(known.all_ids())
            case [*_, "DeviceName"] | [*_, "Device"] | [*_, "RootDeviceName"]:
                if self._action == "RegisterImage" and random.random() < 0.8:
                    return "/dev/xvda"
                own = (f"/dev/sd{random.choice('fghijklmnop')}", "/dev/xvda", "/dev/sda1", "xvdb", "sdf")
                return random.choice((own[0], own[0], *own))
            case ["AssociationId"] if seen := known.ids(ASSOCIATIONS.get(self._action, "")):
                return random.choice(seen)
            case ["DhcpConfiguration", "Key"]:
                return random.choice(("domain-name", "domain-name-servers", "ntp-servers", "netbios-node-type"))
            case ["DhcpConfiguration", "Value"]:
                return random.choice(("example.com", "AmazonProvidedDNS", "10.0.0.2", "2"))
            case ["DhcpOptionsId"] if random.random() < 0.2:
                return "default"
            case ["Ipv6CidrBlock"] if seen := [one for one in known.values("ipv6CidrBlock") if one.endswith("/56")]:
                return random.choice(seen).replace("/56", "/64")
            case ["Attribute"] if self._action in ATTRIBUTES:
                return random.choice(ATTRIBUTES[self._action])
            case ["InstanceInitiatedShutdownBehavior", "Value"]:
                return random.choice(("stop", "terminate"))
            case ["InstanceType", "Value"]:
                return random.choice(("t3.small", "t2.micro", "m5.large"))
            case ["ImdsSupport", "Value"] | ["ImdsSupport"]:
                return "v2.0"
            case [*_, "Group"] if "Permission" in names[0]:
                return "all"
            case ["Name"]:
                return f"{random.choice(('moss', 'stone'))} {random.randrange(1000)}"
            case ["Source"] | ["Destination"] if self._action == "CreateNetworkInsightsPath":
                return random.choice([*known.ids("i"), *known.ids("eni"), *known.ids("igw"), "eni-none"])
            case ["ResourceId"] if self._action == "CreateFlowLogs":
                return random.choice([*known.ids("vpc"), *known.ids("subnet"), "vpc-none"])
            case ["DiskContainer", "Url"]:
                return self._disk
            case ["UserData"] | ["UserData", "Value"]:
                return base64.b64encode(f"#!/bin/sh\n# {random.random()}".encode()).decode()
        match name:
            case "ImageId" if self._action == "RunInstances":
                return random.choice([*known.ids("ami"), *known.ids("ami")[:1] * 10])
            case "PrivateIpAddress":
                return f"172.31.{random.choice((0, 0, 16))}.{random.randrange(4, 255)}"
            case "ClientToken":
                return f"token {random.randrange(6)}" if random.random() < 0.5 else f"token {random.random()}"
            case "NextToken" if seen := known.values(name):
                return random.choice(seen)
            case "Key":
                return random.choice((*_WORDS, *known.values(name)))
            case _ if name in BY_NAME:
                return random.choice(BY_NAME[name])
        return None

    def _filter_value(self) -> str:
        random = self._random
        seen = [*self._known.all_ids(), "running", "available", "completed", "us-east-1a", "true", "false", "tcp"]
        made = random.choice(("*", "?", "a*", "*-*", "i-*", "vol-????????*", "nothing", self._moment()))
        return random.choice(seen) if random.random() < 0.6 else made

    def _moment(self) -> str:
        away = timedelta(seconds=self._random.choice((-1, 1, 1, 1)) * self._random.randrange(300 * 24 * 3600))
        moment = self._now() + away
        form = self._random.choice(
            ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.123Z", "%Y-%m-%dT%H:%M:%S+0200", "%Y-%m-%d")
        )
        return moment.strftime(form)


@cache
def _not_built(action: str) -> frozenset[str]:
    """The parameters of an action that Kumoniwa refuses, by their paths of members."""
    return frozenset(one.path for one in ACTIONS["ec2"][action].extent.not_built)


@cache
def _filters(action: str) -> tuple[str, ...]:
    """The names of an action's filters, of EC2's own documentation of it."""
    members = MODEL.operation_model(action).input_shape.members
    found = re.findall(
        r"<li> *<p> *<code>([^<]+)</code>", members["Filters"].documentation if "Filters" in members else ""
    )
    return tuple("tag:Name" if name.startswith("tag:") else name for name in found)


@cache
def _leaves(action: str) -> frozenset[str]:
    """The names of all parameters of an action that are values."""

    def within(shape: Any, name: str) -> Iterator[str]:
        match shape.type_name:
            case "structure":
                for member, inner in shape.members.items():
                    yield from within(inner, wire_name(member, inner.serialization))
            case "list":
                yield from within(shape.member, name)
            case _:
                yield name.casefold()

    return frozenset(within(MODEL.operation_model(action).input_shape, ""))
