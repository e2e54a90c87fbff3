"""ModifyInstanceCreditSpecification."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.cpu_credits import check_burstable, check_word
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import ENDED
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectInstanceState
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances


@action(
    "ModifyInstanceCreditSpecification",
    depth=Depth.RECORDED,
    missing="The credit option is stored and shown. No guest is slowed down, and no credits are counted.",
)
async def modify_instance_credit_specification(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change the credit options of instances. The answer lists what could not be changed beside what was, as on EC2."""

    def modify(connection: Connection) -> Answer:
        changed: dict[str, str] = {}
        refused: list[dict[str, Any]] = []
        ids = dict.fromkeys(asked["InstanceId"] for asked in specifications)
        found = {instance.id: instance for instance in instances.in_scope(connection, call.scope, list(ids))}
        for asked in specifications:
            try:
                changed[_changeable(asked["InstanceId"], found).id] = asked.get("CpuCredits") or "standard"
            except Ec2Error as refusal:
                error = {"Code": refusal.code, "Message": refusal.message}
                refused.append({"InstanceId": asked["InstanceId"], "Error": error})
        for instance_id, wanted in changed.items():
            options = {**found[instance_id].options, "CreditSpecification": {"CpuCredits": wanted}}
            instances.change(connection, instance_id, options=options)
        return {
            "SuccessfulInstanceCreditSpecifications": [{"InstanceId": instance_id} for instance_id in changed],
            "UnsuccessfulInstanceCreditSpecifications": refused,
        }

    specifications = parameters["InstanceCreditSpecifications"]
    for asked in specifications:
        check_word(asked.get("CpuCredits") or "standard")
    return await cloud.change(call, modify)


def _changeable(instance_id: str, found: Mapping[str, Instance]) -> Instance:
    INSTANCE.check_form([instance_id])
    INSTANCE.check_all_found([instance_id], found)
    instance = found[instance_id]
    check_burstable(instance)
    if instance.state in ENDED:
        raise IncorrectInstanceState(f"The instance '{instance.id}' is not running or stopped.")
    return instance
