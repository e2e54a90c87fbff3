"""ModifyInstanceCreditSpecification."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.cpu_credits import check_burstable, check_word
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import ENDED
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectInstanceState
from kumoniwa.store import instances


@action(
    "ModifyInstanceCreditSpecification",
    depth=Depth.RECORDED,
    missing="The credit option is stored and shown. No guest is slowed down, and no credits are counted.",
)
async def modify_instance_credit_specification(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change the credit options of instances. The answer lists what could not be changed beside what was, as on EC2."""

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
        check_word(asked.get("CpuCredits") or "standard")
    return await cloud.change(call, modify)


def _modify(connection: Connection, call: Call, instance_id: str, wanted: str) -> None:
    instance = named(connection, call.scope, INSTANCE, instance_id)
    check_burstable(instance)
    if instance.state in ENDED:
        raise IncorrectInstanceState(f"The instance '{instance.id}' is not running or stopped.")
    options = {**instance.options, "CreditSpecification": {"CpuCredits": wanted}}
    instances.change(connection, instance.id, options=options)
