"""What programs of before 2018 do through boto 2, run by its own Python; prints what boto read, as JSON."""

import json
import sys
from collections.abc import Callable
from typing import Any

import boto
import boto.ec2.autoscale
import boto.ec2.elb
import boto.vpc
from boto.exception import EC2ResponseError
from in_boto2_connection import connect, wait_for


def refusal(call: Callable[[], Any]) -> list[Any]:
    try:
        call()
    except EC2ResponseError as refused:
        return [refused.status, refused.error_code]
    sys.exit("it was not refused")


def main() -> None:
    ec2, told = connect(boto.vpc.VPCConnection), dict[str, Any]()
    told["version"] = ec2.APIVersion
    told["zones"] = [zone.name for zone in ec2.get_all_zones()]
    instance = launched(ec2, told)
    disks(ec2, instance, told)
    images(ec2, instance, told)
    end(ec2, instance, told)
    network(ec2, told)
    told["scaled"] = len(connect(boto.ec2.autoscale.AutoScaleConnection, "autoscaling").get_all_groups())
    told["balanced"] = len(connect(boto.ec2.elb.ELBConnection, "elasticloadbalancing").get_all_load_balancers())
    print(json.dumps(told))


def launched(ec2: Any, told: dict[str, Any]) -> Any:
    (image,) = ec2.get_all_images(owners=["self"])
    told["image"] = [image.name, image.state, image.root_device_type, sorted(image.block_device_mapping)]
    told["key"] = ec2.create_key_pair("boto").material.splitlines()[0]
    group = ec2.create_security_group("boto", "by boto 2")
    told["authorized"] = group.authorize("tcp", 22, 22, "127.0.0.0/8")
    (group,) = ec2.get_all_security_groups(groupnames=["boto"])
    told["rules"] = [[rule.from_port, [str(grant) for grant in rule.grants]] for rule in group.rules]
    reservation = image.run(
        key_name="boto", security_groups=["boto"], instance_type="t2.micro", user_data="#!/bin/sh\ntrue\n"
    )
    (instance,) = reservation.instances
    instance.add_tag("Name", "boto & co")
    wait_for(instance, "running")
    (found,) = ec2.get_only_instances(filters={"tag:Name": "boto & co"})
    told["instance"] = [found.id == instance.id, found.instance_type, found.key_name, dict(found.tags)]
    told["groups"] = [each.name for each in found.groups]
    told["devices"] = sorted(found.block_device_mapping)
    told["interfaces"] = len(found.interfaces)
    told["launched"] = found.launch_time.endswith("Z")
    return instance


def disks(ec2: Any, instance: Any, told: dict[str, Any]) -> None:
    volume = ec2.create_volume(1, instance.placement)
    wait_for(volume, "available", "status")
    told["attaching"] = volume.attach(instance.id, "/dev/sdf")
    wait_for(volume, "in-use", "status")
    snapshot = volume.create_snapshot("by boto 2")
    wait_for(snapshot, "completed", "status")
    told["detaching"] = volume.detach()
    wait_for(volume, "available", "status")
    told["shared"] = snapshot.share(user_ids=["210987654321"])
    told["permissions"] = snapshot.get_permissions()
    told["deleted"] = [snapshot.delete(), volume.delete()]


def images(ec2: Any, instance: Any, told: dict[str, Any]) -> None:
    image = ec2.get_image(instance.create_image("from boto", no_reboot=True))
    wait_for(image, "available")
    told["made"] = [image.name, [device.size for device in image.block_device_mapping.values()]]
    told["deregistered"] = image.deregister(delete_snapshot=True)


def end(ec2: Any, instance: Any, told: dict[str, Any]) -> None:
    address = ec2.allocate_address(domain="vpc")
    told["associated"] = ec2.associate_address(instance.id, allocation_id=address.allocation_id)
    (address,) = ec2.get_all_addresses(allocation_ids=[address.allocation_id])
    told["address"] = address.instance_id == instance.id
    told["released"] = [address.disassociate(), address.release()]
    instance.stop()
    wait_for(instance, "stopped")
    told["modified"] = instance.modify_attribute("instanceType", "t2.small")
    told["type"] = instance.get_attribute("instanceType")["instanceType"]
    instance.start()
    wait_for(instance, "running")
    told["statuses"] = [status.state_name for status in ec2.get_all_instance_status([instance.id])]
    instance.modify_attribute("disableApiTermination", True)
    told["refused"] = refusal(instance.terminate)
    instance.modify_attribute("disableApiTermination", False)
    told["unknown"] = refusal(lambda: ec2.get_only_instances(["i-0123456789abcdef0"]))
    told["dry_run"] = refusal(lambda: ec2.stop_instances([instance.id], dry_run=True))
    instance.terminate()
    wait_for(instance, "terminated")
    (group,) = ec2.get_all_security_groups(groupnames=["boto"])
    told["gone"] = [group.delete(), ec2.delete_key_pair("boto")]


def network(ec2: Any, told: dict[str, Any]) -> None:
    vpc = ec2.create_vpc("10.41.0.0/16")
    subnet = ec2.create_subnet(vpc.id, "10.41.1.0/24")
    gateway = ec2.create_internet_gateway()
    told["gateway"] = ec2.attach_internet_gateway(gateway.id, vpc.id)
    table = ec2.create_route_table(vpc.id)
    told["route"] = ec2.create_route(table.id, "0.0.0.0/0", gateway_id=gateway.id)
    joined = ec2.associate_route_table(table.id, subnet.id)
    (table,) = ec2.get_all_route_tables([table.id])
    told["routes"] = sorted(route.destination_cidr_block for route in table.routes)
    told["joined"] = [association.id == joined for association in table.associations]
    told["network_gone"] = [
        ec2.disassociate_route_table(joined),
        ec2.delete_route_table(table.id),
        ec2.detach_internet_gateway(gateway.id, vpc.id),
        ec2.delete_internet_gateway(gateway.id),
        ec2.delete_subnet(subnet.id),
        ec2.delete_vpc(vpc.id),
    ]


main()
