"""What AWS sells, and this host does not: Reserved Instances, Dedicated Hosts, Capacity Reservations, Spot Fleets.

There are none, so the Describe actions answer empty lists, which clean-up and inventory tools ask for; who wants to
have one is told that there are none to be had: DescribeReservedInstances, DescribeReservedInstancesOfferings and
PurchaseReservedInstancesOffering; DescribeHosts, AllocateHosts and ReleaseHosts; DescribeCapacityReservations,
CreateCapacityReservation and CancelCapacityReservation; DescribeSpotFleetRequests and RequestSpotFleet.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import Kind
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.nothing import ANY, NotOffered, nothing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.model.regions import zones
from kumoniwa.store.tables import instances as tables

_ON_DEMAND = "Instances are launched on demand, or as Spot Instances, and nothing is charged for either."
_ONE_HOST = "All instances are on this one host; leave the reservation out."
_MISSING = "Every call is refused, as there are none to be had."
_NONE = "There are none, so what is named is not found."

_HOST = Kind(
    prefix="h",
    resource_type="dedicated-host",
    column=tables.instances.c.id,  # none of them is a host's
    missing_code="InvalidHostID.NotFound",
    missing="The Dedicated host ID '{}' does not exist.",
    several_missing="The Dedicated host IDs '{}' do not exist.",
    malformed_code="InvalidHostID.Malformed",
)
_RESERVATION = Kind(
    prefix="cr",
    resource_type="capacity-reservation",
    column=tables.instances.c.id,
    missing_code="InvalidCapacityReservationId.NotFound",
    missing="The capacity reservation '{}' does not exist.",
    several_missing="The capacity reservations '{}' do not exist.",
    malformed_code="InvalidCapacityReservationId.Malformed",
)

_RESERVED = nothing(
    "ReservedInstances",
    *("availability-zone", "availability-zone-id", "duration", "end", "fixed-price", "instance-type", "scope"),
    *("product-description", "reserved-instances-id", "start", "state", "usage-price"),
    own_tags=lambda _: {},
)
_OFFERINGS = nothing(
    "ReservedInstancesOfferings",
    *("availability-zone", "availability-zone-id", "duration", "fixed-price", "instance-type", "marketplace"),
    *("product-description", "reserved-instances-offering-id", "scope", "usage-price"),
    limits=(1, 1000),
)
_HOSTS = nothing(
    "Hosts",
    *("auto-placement", "availability-zone", "availability-zone-id", "client-token", "host-reservation-id"),
    *("instance-type", "state"),
    kind=_HOST,
    ids="HostIds",
    limits=(5, 500),
    own_tags=lambda _: {},
)
_RESERVATIONS = nothing(
    "CapacityReservations",
    *("availability-zone", "availability-zone-id", "end-date", "end-date-type", "instance-match-criteria"),
    *("instance-platform", "instance-type", "outpost-arn", "owner-id", "placement-group-arn", "start-date", "state"),
    *("tenancy", "commitment-duration", "delivery-preference", "reservation-type"),
    kind=_RESERVATION,
    ids="CapacityReservationIds",
    limits=(1, 1000),
    own_tags=lambda _: {},
)

_SPOT_FLEET = Kind(
    prefix="sfr",
    resource_type="spot-fleet-request",
    column=tables.instances.c.id,
    missing_code="InvalidSpotFleetRequestId.NotFound",
    missing="The spot fleet request ID '{}' does not exist",
    several_missing="The spot fleet request IDs '{}' do not exist",
    malformed_code="InvalidSpotFleetRequestId.Malformed",
    has_uuid=True,
)
_SPOT_FLEETS = nothing("SpotFleetRequestConfigs", kind=_SPOT_FLEET, ids="SpotFleetRequestIds", limits=ANY)


@action("DescribeReservedInstances")
async def describe_reserved_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Reserved Instances."""
    check_region(call.region)
    if ids := parameters.get("ReservedInstancesIds"):
        raise Ec2Error("InvalidReservedInstancesId", f"The ID '{str(ids[0])[:100]}' is not valid")
    return await _RESERVED.answer(cloud, call, parameters)


@action("DescribeReservedInstancesOfferings")
async def describe_reserved_instances_offerings(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No offerings of Reserved Instances."""
    check_region(call.region)
    zone = parameters.get("AvailabilityZone")
    if zone is not None and zone not in (one.name for one in zones(call.region)):
        raise InvalidParameterValue(f"Invalid value '{zone[:200]}' for AvailabilityZone.")
    return await _OFFERINGS.answer(cloud, call, parameters)


@action("PurchaseReservedInstancesOffering", depth=Depth.NOT_BUILT, missing=_MISSING)
async def purchase_reserved_instances_offering(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: there are no offerings."""
    raise NotOffered("Reserved Instances", way_out=_ON_DEMAND)


@action("DescribeHosts")
async def describe_hosts(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Dedicated Hosts."""
    check_region(call.region)
    given = {("Filters" if name == "Filter" else name): value for name, value in parameters.items()}
    return await _HOSTS.answer(cloud, call, given)


@action("AllocateHosts", depth=Depth.NOT_BUILT, missing=_MISSING)
async def allocate_hosts(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: this host is not given away."""
    raise NotOffered("Dedicated Hosts", way_out="All instances are on this one host, which nobody else uses.")


@action("ReleaseHosts", depth=Depth.PARTLY, missing=_NONE)
async def release_hosts(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say of each host that there is none."""
    _HOST.check_form(parameters["HostIds"])
    unsuccessful = [
        {
            "ResourceId": host_id,
            "Error": {"Code": _HOST.missing_code, "Message": _HOST.missing.format(host_id)},
        }
        for host_id in parameters["HostIds"]
    ]
    return {"Successful": [], "Unsuccessful": unsuccessful}


@action("DescribeCapacityReservations")
async def describe_capacity_reservations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Capacity Reservations."""
    check_region(call.region)
    return await _RESERVATIONS.answer(cloud, call, parameters)


@action("CreateCapacityReservation", depth=Depth.NOT_BUILT, missing=_MISSING)
async def create_capacity_reservation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: a host's memory is not reserved."""
    raise NotOffered("Capacity Reservations", way_out=_ONE_HOST)


@action("CancelCapacityReservation", depth=Depth.PARTLY, missing=_NONE)
async def cancel_capacity_reservation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: there is none of that id."""
    _RESERVATION.check_form([parameters["CapacityReservationId"]])
    raise _RESERVATION.not_found([parameters["CapacityReservationId"]])


@action("DescribeSpotFleetRequests")
async def describe_spot_fleet_requests(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Spot Fleets."""
    check_region(call.region)
    return await _SPOT_FLEETS.answer(cloud, call, parameters)


@action("RequestSpotFleet", depth=Depth.NOT_BUILT, missing=_MISSING)
async def request_spot_fleet(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse: nothing here keeps a fleet at its size."""
    raise NotOffered("Spot Fleets", way_out="Launch Spot Instances by CreateFleet of type instant, or by RunInstances.")
