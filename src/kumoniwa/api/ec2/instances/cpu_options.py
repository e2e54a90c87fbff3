"""CpuOptions of a launch, and ModifyInstanceCpuOptions: how many of its type's processors an instance has."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import check_stopped
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, MissingParameter
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.store import instances

_NESTED = NotBuiltParameter("NestedVirtualization", "nested virtualization", harmless=("disabled",))
CPU_NOT_BUILT = (NotBuiltParameter("AmdSevSnp", "AMD SEV-SNP", harmless=("disabled",)), _NESTED)


def checked_cpu_options(kind: InstanceType, asked: Mapping[str, Any]) -> Mapping[str, int] | None:
    """The options that were asked for, if any. Raises EC2's refusals.

    EC2 has a list of core counts for most types; of others any number up to the type's own is taken.
    """
    refuse(asked, CPU_NOT_BUILT)
    cores, threads = asked.get("CoreCount"), asked.get("ThreadsPerCore")
    if cores is None and threads is None:
        return None
    if cores is None or threads is None:
        raise _both_needed()
    if cores not in (kind.valid_cores or range(1, kind.cores + 1)):
        raise _not_of_type("CoreCount", cores, kind)
    if threads not in (kind.valid_threads or range(1, kind.threads_per_core + 1)):
        raise _not_of_type("ThreadsPerCore", threads, kind)
    return {"CoreCount": cores, "ThreadsPerCore": threads}


@action(
    "ModifyInstanceCpuOptions",
    depth=Depth.PARTLY,
    not_built=(_NESTED,),
)
async def modify_instance_cpu_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change the processors of a stopped instance; its guest has them from its next start on."""

    def modify(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        checked = checked_cpu_options(INSTANCE_TYPES[instance.instance_type], parameters)
        if checked is None:
            raise _both_needed()
        check_stopped(instance)
        instances.change(connection, instance.id, options={**instance.options, "CpuOptions": checked})
        return {"InstanceId": instance.id, **checked}

    return await cloud.change(call, modify)


def _both_needed() -> Ec2Error:
    """EC2's words (hashicorp/terraform-provider-aws issue 46821)."""
    return MissingParameter(message="When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore.")


def _not_of_type(name: str, value: int, kind: InstanceType) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value ({value}) for parameter {name} is invalid for instance type {kind.name}.")
