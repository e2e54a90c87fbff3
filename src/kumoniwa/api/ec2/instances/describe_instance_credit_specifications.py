"""DescribeInstanceCreditSpecifications."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.cpu_credits import check_burstable, credits_of
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import ENDED, instances_named
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances


def _read(connection: Connection, asked: Asked) -> list[Instance]:
    if asked.ids is None:
        every = instances.in_scope(connection, asked.call.scope)
        return [one for one in every if one.state not in ENDED and credits_of(one) == "unlimited"]
    found = instances_named(connection, asked.call, asked.ids)
    for instance in found:
        check_burstable(instance)
    return found


_SPECIFICATIONS = Listing(
    member="InstanceCreditSpecifications",
    kind=INSTANCE,
    ids="InstanceIds",
    read=_read,
    row=lambda instance, _: {"InstanceId": instance.id, "CpuCredits": credits_of(instance)},
    key=lambda instance: instance.id,
    filters={"instance-id": lambda instance: (instance.id,)},
    limits=(5, 1000),
    whole={"InstanceIds": NOT_PAGED.format("instancesSet")},
)


@action(
    "DescribeInstanceCreditSpecifications",
    depth=Depth.RECORDED,
    missing="The credit option is stored and shown. No guest is slowed down, and no credits are counted.",
)
async def describe_instance_credit_specifications(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The credit options of these instances; where none are named, of those that are `unlimited`, as on EC2."""
    return await _SPECIFICATIONS.answer(cloud, call, parameters)
