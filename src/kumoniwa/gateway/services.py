"""The services of AWS that answer here: EC2, and small ones beside it.

To add a service, write its folder below `api/` with `@action("GetParameter", service="ssm")` above its functions, and
give it its protocol below.
"""

from collections.abc import Mapping
from pathlib import Path

from kumoniwa.api.registry import BoundAction
from kumoniwa.gateway.protocols.codec import Codec
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.gateway.protocols.json import JsonCodec, json_codec
from kumoniwa.gateway.protocols.query import query_codec
from kumoniwa.values import dataclass

AUTO_SCALING_NAMESPACE = "http://autoscaling.amazonaws.com/doc/2011-01-01/"
LOAD_BALANCING = "http://elasticloadbalancing.amazonaws.com/doc/"
IAM_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
INSTANCE_CONNECT_TARGET = "AWSEC2InstanceConnectService"
CLOUDTRAIL_TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


@dataclass(frozen=True, slots=True)
class Service:
    """One service: how it speaks, and what of it Kumoniwa has. Raises `ValueError` for an action that it has not."""

    codec: Codec | JsonCodec
    actions: Mapping[str, BoundAction]
    is_regional: bool = True
    """Whether its credential scope must name a region that EC2 has."""
    title: str = ""
    """How refusals name it, where it is not EC2."""
    signed_as: str = ""
    """The name that credential scopes give it, where that is another service's: the API's version tells them apart."""

    def __post_init__(self) -> None:
        if self.actions and (unknown := self.actions.keys() - self.codec.actions()):
            raise ValueError(f"{self.title or 'EC2'} has no actions {sorted(unknown)}")


def by_scope(known: Mapping[str, Service]) -> dict[str, tuple[Service, ...]]:
    """The services that a name in a credential scope may mean: more than one where they share it."""
    return {
        name: (service, *[other for other in known.values() if other.signed_as == name])
        for name, service in known.items()
        if not service.signed_as
    }


def services(actions: Mapping[str, Mapping[str, BoundAction]], kept_in: Path | None = None) -> dict[str, Service]:
    """Every service, by the name that credential scopes give it, or by its own where it shares that name.

    `actions` are those of each, by the same names.

    `kept_in` is the folder of what is kept of botocore's models; without one they are loaded whole.
    Raises `ValueError` for actions of a service that is not here.
    """
    found = {
        "ec2": Service(ec2_codec(kept_in), actions["ec2"]),
        "iam": Service(
            query_codec("iam", "2010-05-08", IAM_NAMESPACE, kept_in), actions["iam"], is_regional=False, title="IAM"
        ),
        "sts": Service(
            query_codec("sts", "2011-06-15", STS_NAMESPACE, kept_in), actions["sts"], is_regional=False, title="STS"
        ),
        "cloudtrail": Service(
            json_codec("cloudtrail", "2013-11-01", CLOUDTRAIL_TARGET, kept_in),
            actions.get("cloudtrail", {}),
            title="CloudTrail",
        ),
        "ec2-instance-connect": Service(
            json_codec(
                "ec2-instance-connect",
                "2018-04-02",
                INSTANCE_CONNECT_TARGET,
                kept_in,
                invalid="InvalidArgsException",
            ),
            actions.get("ec2-instance-connect", {}),
            title="EC2 Instance Connect",
        ),
        "kms": Service(json_codec("kms", "2014-11-01", "TrentService", kept_in), actions.get("kms", {}), title="KMS"),
        "ssm": Service(
            json_codec("ssm", "2014-11-06", "AmazonSSM", kept_in), actions.get("ssm", {}), title="Systems Manager"
        ),
    }
    found |= _asked_about(actions, kept_in)
    if unknown := actions.keys() - found.keys():
        raise ValueError(f"there are actions of services that do not answer: {sorted(unknown)}")
    return found


def _asked_about(actions: Mapping[str, Mapping[str, BoundAction]], kept_in: Path | None) -> dict[str, Service]:
    """Services that have nothing here, and say so: those that clean up, or take stock, ask them as well."""
    classic, later = "elasticloadbalancing", "elasticloadbalancingv2"
    return {
        name: Service(
            query_codec(model, version, namespace, kept_in), actions.get(name, {}), title=title, signed_as=signed_as
        )
        for name, model, version, namespace, title, signed_as in (
            ("autoscaling", "autoscaling", "2011-01-01", AUTO_SCALING_NAMESPACE, "Auto Scaling", ""),
            (classic, "elb", "2012-06-01", f"{LOAD_BALANCING}2012-06-01/", "Elastic Load Balancing (Classic)", ""),
            (later, "elbv2", "2015-12-01", f"{LOAD_BALANCING}2015-12-01/", "Elastic Load Balancing", classic),
        )
    }
