"""ModifyInstanceAttribute and ResetInstanceAttribute."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.attribute_changes import CHANGES, NOT_BUILT, asked_for
from kumoniwa.api.ec2.kinds import INSTANCE, OF_PARAMETER
from kumoniwa.api.ec2.named.instance_lookup import check_modifiable, check_stopped
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards

_INSTANCE = replace(  # what other actions call malformed is here a value that is not valid
    INSTANCE, malformed_code="InvalidParameterValue", malformed_text=OF_PARAMETER, parameter="instanceId"
)


@action(
    "ModifyInstanceAttribute",
    depth=Depth.PARTLY,
    missing="EbsOptimized is stored and shown, without effect, and so is SourceDestCheck in the network mode `user`.",
    not_built=NOT_BUILT,
)
async def modify_instance_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change one attribute of an instance; security groups at once, on a running guest too."""
    name, value = asked_for(parameters)

    def modify(connection: Connection) -> Answer:
        instance = named(connection, call.scope, _INSTANCE, parameters["InstanceId"])
        check_modifiable(instance)
        CHANGES[name](connection, call, instance, value)
        return None

    answer = await cloud.change(call, modify)
    if name == "groupSet":
        await ensure_forwards(cloud.world, [parameters["InstanceId"]])
    return answer


@action(
    "ResetInstanceAttribute",
    depth=Depth.PARTLY,
    missing="In the network mode `user` SourceDestCheck is stored and shown. No image has a kernel or a RAM disk of "
    "its own, so to reset these changes nothing.",
)
async def reset_instance_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put an attribute back to its default: sourceDestCheck; kernel and RAM disk have none but their own disk's."""
    attribute = parameters["Attribute"]
    if attribute not in ("kernel", "ramdisk", "sourceDestCheck"):
        raise InvalidParameterValue(
            f"Value ({attribute}) for parameter attribute is invalid. Expecting kernel, ramdisk or sourceDestCheck."
        )

    def reset(connection: Connection) -> Answer:
        instance = named(connection, call.scope, _INSTANCE, parameters["InstanceId"])
        check_modifiable(instance)
        if attribute == "sourceDestCheck":
            CHANGES[attribute](connection, call, instance, True)
        else:
            check_stopped(instance)
        return None

    return await cloud.change(call, reset)
