"""RunInstances: what is promised; `workflows/stories/instances/run_instance.py` does it.

What is asked for is checked (`launch/checked_launch.py`), counted, and written (`launch/new_instances.py`).
"""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.block_device_mappings import DEVICE_NOT_BUILT
from kumoniwa.api.ec2.instances.cpu_options import CPU_NOT_BUILT
from kumoniwa.api.ec2.instances.instance_output import Surroundings, instance_output, reservations
from kumoniwa.api.ec2.instances.launch.checked_launch import CheckedLaunch, Launching, checked_launch
from kumoniwa.api.ec2.instances.launch.launch_not_built import INTERFACE_NOT_BUILT, LAUNCH_NOT_BUILT
from kumoniwa.api.ec2.instances.launch.launch_template import from_template
from kumoniwa.api.ec2.instances.launch.launch_tokens import check_not_terminated
from kumoniwa.api.ec2.instances.launch.new_instances import write_instances
from kumoniwa.api.ec2.network.interface_addresses import free_count
from kumoniwa.api.ec2.volumes.new_volume import needed_bytes
from kumoniwa.api.not_built import NotBuiltParameter, below
from kumoniwa.api.registry import Depth, action
from kumoniwa.clock import whole_seconds
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.instances import Instance
from kumoniwa.placement import guest_memory
from kumoniwa.placement.disk_room import check_room
from kumoniwa.store import images

MOST_INSTANCES = 1000  # in one call


@action(
    "RunInstances",
    check_replay=check_not_terminated,
    depth=Depth.PARTLY,
    missing="Stored and shown without effect: EbsOptimized, Monitoring, tenancy, CreditSpecification, "
    "MaintenanceOptions (a guest that was lost is always recovered), IPv6 addresses, timeouts of connection tracking, "
    "and the Iops and Throughput of volumes. AdditionalInfo is ignored.",
    not_built=(
        *LAUNCH_NOT_BUILT,
        *below("CpuOptions", CPU_NOT_BUILT),
        *below("BlockDeviceMappings", DEVICE_NOT_BUILT),
        *below("NetworkInterfaces", INTERFACE_NOT_BUILT),
        NotBuiltParameter("EnclaveOptions.Enabled", "enclaves"),
    ),
)
async def run_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Launch instances: rows and addresses at once, each `pending`; its guest boots in a workflow of its own."""
    least, most = _checked_counts(parameters)
    host = await cloud.world.driver.capacity()

    def run(connection: Connection) -> Answer:
        asked, marks = from_template(connection, call, parameters)
        launched, around = launch(connection, call, host, Launching(asked, least, most, marks))
        return reservations(launched, [instance_output(instance, around) for instance in launched])[0]

    return await cloud.change(call, run)


def launch(connection: Connection, call: Call, host: Capacity, asked: Launching) -> tuple[list[Instance], Surroundings]:
    """Launch as many instances as there is room for, as `RunInstances` does. Raises EC2's refusals.

    It refuses before it writes of any instance. Gives the instances, and what of other rows they show.
    """
    plan = checked_launch(host, connection, call, asked)
    count = _fitting(host, connection, plan, asked.least, asked.most)
    check_room(host, count * sum(needed_bytes(device.volume) for device in plan.devices))
    launched, around = write_instances(connection, call, plan, count)
    last = plan.image.last_launched_at
    if last is None or whole_seconds(last) != whole_seconds(call.at):  # launches in a row write it once a second
        images.change(connection, plan.image.id, last_launched_at=call.at)
    return launched, around


def _checked_counts(parameters: Parameters) -> tuple[int, int]:
    """How many are launched at least and at most. Raises EC2's refusals."""
    least, most = parameters["MinCount"], parameters["MaxCount"]
    if least < 1:
        raise InvalidParameterValue("Minimum instance count must be greater than zero")
    if most < 1:
        raise InvalidParameterValue("Maximum instance count must be greater than zero")
    if most < least:
        raise InvalidParameterValue("Maximum instance count must not be smaller than minimum instance count")
    if least > MOST_INSTANCES:
        raise Ec2Error(
            "InstanceLimitExceeded",
            f"You have requested more instances ({least}) than your current instance limit of {MOST_INSTANCES} allows "
            "for the specified instance type.",
        )
    return least, min(most, MOST_INSTANCES)


def _fitting(host: Capacity, connection: Connection, plan: CheckedLaunch, least: int, most: int) -> int:
    """As many as host and subnet have room for, up to `most`; fewer than `least` are none, and refuse the launch."""
    kind, subnet = plan.options.kind, plan.network.subnet
    if most > least:
        most = max(least, min(most, free_count(connection, subnet)))
    room = guest_memory.room(host, connection, kind)
    if room is None or room >= most:
        return most
    if room < least:
        raise guest_memory.InsufficientInstanceCapacity(kind, subnet.zone)
    return room
