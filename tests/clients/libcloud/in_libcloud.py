"""A node's life in Apache Libcloud's words, run by its own Python; prints what the driver read, as JSON."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from libcloud.compute.base import NodeImage
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

PATIENCE = 30  # seconds


def connect() -> Any:
    """Libcloud's driver, which is told the endpoint's parts."""
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    return get_driver(Provider.EC2)(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        region=os.environ["AWS_REGION"],
        secure=endpoint.scheme == "https",
        host=endpoint.hostname,
        port=endpoint.port,
        signature_version="4",
    )


def wait_for(driver: Any, node_id: str, state: Any) -> Any:
    """The node once it is in this state."""
    deadline = time.monotonic() + PATIENCE
    while True:
        (node,) = driver.list_nodes(ex_node_ids=[node_id])
        if node.state == state:
            return node
        if time.monotonic() > deadline:
            sys.exit(f"the node is {node.state} after {PATIENCE} s")
        time.sleep(0.2)


def wait_until(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not question():
        if time.monotonic() > deadline:
            sys.exit(f"not so after {PATIENCE} s")
        time.sleep(0.2)


def main() -> None:
    driver, told = connect(), dict[str, Any]()
    node = launched(driver, told)
    volumes(driver, node, told)
    images_and_addresses(driver, node, told)
    power(driver, node, told)
    network(driver, told)
    print(json.dumps(told))


def launched(driver: Any, told: dict[str, Any]) -> Any:
    told["zones"] = [location.availability_zone.name for location in driver.list_locations()]
    images = driver.list_images(ex_owner="self")
    told["images"] = [image.name for image in images]
    size = next(size for size in driver.list_sizes() if size.id == "t3.micro")

    key = driver.create_key_pair("libcloud")
    told["private_key"] = key.private_key.splitlines()[0]
    told["keys"] = [pair.name for pair in driver.list_key_pairs()]
    group = driver.ex_create_security_group("libcloud", "by libcloud")["group_id"]
    driver.ex_authorize_security_group_ingress(group, 22, 22, cidr_ips=["127.0.0.0/8"])
    told["rules"] = [rule["from_port"] for rule in driver.ex_get_security_groups(group_ids=[group])[0].ingress_rules]

    node = driver.create_node(
        name="libcloud",
        image=images[0],
        size=size,
        ex_keyname="libcloud",
        ex_security_group_ids=[group],
        ex_subnet=driver.ex_list_subnets()[0],
        ex_metadata={"Team": "garden"},
    )
    node = wait_for(driver, node.id, NodeState.RUNNING)
    told["node"] = {
        "name": node.name,
        "public_ips": len(node.public_ips),
        "private_ips": len(node.private_ips),
        "type": node.extra["instance_type"],
        "key": node.extra["key_name"],
        "groups": [named["group_name"] for named in node.extra["groups"]],
        "tags": driver.ex_describe_tags(node),
        "devices": [device["device_name"] for device in node.extra["block_device_mapping"]],
    }
    return node


def volumes(driver: Any, node: Any, told: dict[str, Any]) -> None:
    volume = driver.create_volume(size=1, name="data", location=node_location(driver, node), ex_volume_type="gp3")
    wait_until(lambda: volume_named(driver, volume.id).state == "available")
    told["attached"] = driver.attach_volume(node, volume, "/dev/sdf")
    wait_until(lambda: volume_named(driver, volume.id).state == "inuse")
    snapshot = driver.create_volume_snapshot(volume, name="data")
    wait_until(lambda: [one.state for one in driver.list_volume_snapshots(volume)] == ["available"])
    told["snapshot"] = snapshot.size
    told["detached"] = driver.detach_volume(volume)
    wait_until(lambda: volume_named(driver, volume.id).state == "available")
    told["destroyed"] = [driver.destroy_volume_snapshot(snapshot), driver.destroy_volume(volume)]


def images_and_addresses(driver: Any, node: Any, told: dict[str, Any]) -> None:
    made = driver.create_image(node, "from-libcloud", reboot=False)
    wait_until(lambda: driver.get_image(made.id).extra["state"] == "available")
    told["image"] = driver.get_image(made.id).name
    told["deleted_image"] = driver.delete_image(NodeImage(made.id, made.name, driver))

    address = driver.ex_allocate_address(domain="vpc")
    driver.ex_associate_address_with_node(node, address, domain="vpc")
    (associated,) = driver.ex_describe_all_addresses()
    told["address"] = [associated.ip == address.ip, associated.instance_id == node.id]
    driver.ex_disassociate_address(associated, domain="vpc")
    driver.ex_release_address(address, domain="vpc")


def power(driver: Any, node: Any, told: dict[str, Any]) -> None:
    told["stopped"] = driver.stop_node(node)
    node = wait_for(driver, node.id, NodeState.STOPPED)
    larger = next(size for size in driver.list_sizes() if size.id == "t3.small")
    told["resized"] = driver.ex_change_node_size(node, larger)
    told["started"] = driver.start_node(node)
    node = wait_for(driver, node.id, NodeState.RUNNING)
    told["size"] = node.extra["instance_type"]
    told["rebooted"] = driver.reboot_node(node)
    told["console"] = sorted(driver.ex_get_console_output(node))
    driver.ex_modify_instance_attribute(node, {"DisableApiTermination.Value": "true"})
    told["refused"] = refusal(lambda: driver.destroy_node(node))
    driver.ex_modify_instance_attribute(node, {"DisableApiTermination.Value": "false"})
    told["gone"] = driver.destroy_node(node)
    wait_for(driver, node.id, NodeState.TERMINATED)
    told["group_deleted"] = driver.ex_delete_security_group("libcloud")
    told["key_deleted"] = driver.delete_key_pair(driver.get_key_pair("libcloud"))


def network(driver: Any, told: dict[str, Any]) -> None:
    network = driver.ex_create_network("10.40.0.0/16", name="libcloud")
    subnet = driver.ex_create_subnet(network.id, "10.40.1.0/24", driver.list_locations()[0].availability_zone.name)
    gateway = driver.ex_create_internet_gateway(name="libcloud")
    told["gateway"] = driver.ex_attach_internet_gateway(gateway, network)
    table = driver.ex_create_route_table(network, name="libcloud")
    told["route"] = driver.ex_create_route(table, "0.0.0.0/0", internet_gateway=gateway)
    joined = driver.ex_associate_route_table(table, subnet)
    (read,) = driver.ex_list_route_tables(route_table_ids=[table.id])
    told["routes"] = sorted(route.cidr for route in read.routes)
    told["joined"] = [association.id == joined for association in read.subnet_associations]
    driver.ex_dissociate_route_table(joined)
    told["network_gone"] = [
        driver.ex_delete_route_table(table),
        driver.ex_detach_internet_gateway(gateway, network),
        driver.ex_delete_internet_gateway(gateway),
        driver.ex_delete_subnet(subnet),
        driver.ex_delete_network(network),
    ]


def node_location(driver: Any, node: Any) -> Any:
    zone = node.extra["availability"]
    return next(location for location in driver.list_locations() if location.availability_zone.name == zone)


def volume_named(driver: Any, volume_id: str) -> Any:
    return next(volume for volume in driver.list_volumes() if volume.id == volume_id)


def refusal(call: Callable[[], Any]) -> str | None:
    try:
        call()
    except Exception as refused:  # noqa: BLE001 -- libcloud raises bare exceptions
        return str(refused)
    return None


main()
