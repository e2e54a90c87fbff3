"""RebootInstances: what is checked and promised; `workflows/stories/instances/reboot_instance.py` does it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instances_named
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectInstanceState
from kumoniwa.model.instances import InstanceState
from kumoniwa.workflows.stories.instances.reboot_instance import reboot_instance
from kumoniwa.workflows.story import submit


@action("RebootInstances")
async def reboot_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Queue a reboot of each instance. No protection forbids it, and the state stays `running`."""

    def reboot(connection: Connection) -> Answer:
        named = instances_named(connection, call, parameters["InstanceIds"])
        for instance in named:
            if instance.state not in (InstanceState.RUNNING, *ENDED):
                raise IncorrectInstanceState(
                    f"Instance '{instance.id}' cannot be rebooted as it is not in the 'running' state."
                )
        for instance in named:
            if instance.state is InstanceState.RUNNING:
                submit(connection, reboot_instance, origin(call), instance_id=instance.id)
        return None

    return await cloud.change(call, reboot)
