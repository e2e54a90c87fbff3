"""CPU credits of burstable instances: told and changed, and without effect, for guests here share what the host has."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instance_named, instances_named
from kumoniwa.api.listing import page
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances

_WORDS = ("standard", "unlimited")
_FILTERS = {"instance-id": lambda instance: (instance.id,)}


def checked_credits(kind: InstanceType, wanted: str) -> str:
    """The credit option of a launch. Raises EC2's refusals (hashicorp/terraform-provider-aws issue 5067)."""
    _check_word(wanted)
    if not kind.burstable:
        raise Ec2Error(
            "InstanceCreditSpecification.NotSupported",
            f"The {kind.name} instance type does not support T2 Unlimited.",
        )
    return wanted


@action(
    "DescribeInstanceCreditSpecifications",
    depth=Depth.RECORDED,
    missing="The credit option is stored and shown. No guest is slowed down, and no credits are counted.",
)
async def describe_instance_credit_specifications(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The credit options of these instances; where none are named, of those that are `unlimited`, as on EC2."""

    def describe(connection: Connection) -> Answer:
        if ids := parameters.get("InstanceIds"):
            found = instances_named(connection, call, ids)
            for instance in found:
                _check_burstable(instance)
        else:
            every = instances.in_scope(connection, call.account, call.region)
            found = [one for one in every if one.state not in ENDED and _credits_of(one) == "unlimited"]
        shown, token = page(
            call,
            parameters,
            found,
            filters=_FILTERS,
            key=lambda instance: instance.id,
            limits=(5, 1000),
            whole={"InstanceIds": "instancesSet"},
        )
        told = [{"InstanceId": instance.id, "CpuCredits": _credits_of(instance)} for instance in shown]
        return {"InstanceCreditSpecifications": told, "NextToken": token}

    return await cloud.read(describe)


@action(
    "ModifyInstanceCreditSpecification",
    depth=Depth.RECORDED,
    missing="The credit option is stored and shown. No guest is slowed down, and no credits are counted.",
)
async def modify_instance_credit_specification(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change the credit options of instances. What cannot be changed is told beside what was, as on EC2."""

    def modify(connection: Connection) -> Answer:
        changed: list[dict[str, Any]] = []
        refused: list[dict[str, Any]] = []
        for asked in parameters["InstanceCreditSpecifications"]:
            try:
                _modify(connection, call, asked["InstanceId"], asked.get("CpuCredits") or "standard")
                changed.append({"InstanceId": asked["InstanceId"]})
            except Ec2Error as refusal:
                error = {"Code": refusal.code, "Message": refusal.message}
                refused.append({"InstanceId": asked["InstanceId"], "Error": error})
        return {
            "SuccessfulInstanceCreditSpecifications": changed,
            "UnsuccessfulInstanceCreditSpecifications": refused,
        }

    for asked in parameters["InstanceCreditSpecifications"]:
        _check_word(asked.get("CpuCredits") or "standard")
    return await cloud.change(call, modify)


def _modify(connection: Connection, call: Call, instance_id: str, wanted: str) -> None:
    instance = instance_named(connection, call, instance_id)
    _check_burstable(instance)
    if instance.state in ENDED:
        raise Ec2Error("IncorrectInstanceState", f"The instance '{instance.id}' is not running or stopped.")
    options = {**instance.options, "CreditSpecification": {"CpuCredits": wanted}}
    instances.change(connection, instance.id, options=options)


def _credits_of(instance: Instance) -> str | None:
    """EC2's defaults: T2 is `standard`, what came after it `unlimited`; None where there are no credits."""
    kind = INSTANCE_TYPES[instance.instance_type]
    if not kind.burstable:
        return None
    told: str | None = instance.options.get("CreditSpecification", {}).get("CpuCredits")
    return told or ("standard" if kind.family == "t2" else "unlimited")


def _check_word(wanted: str) -> None:
    if wanted not in _WORDS:
        raise InvalidParameterValue(f"Value ({wanted}) for parameter cpuCredits is invalid.")


def _check_burstable(instance: Instance) -> None:
    if not INSTANCE_TYPES[instance.instance_type].burstable:
        raise Ec2Error(
            "InstanceCreditSpecification.NotSupported",
            f"The instance type {instance.instance_type} of '{instance.id}' does not support CPU credits.",
        )
