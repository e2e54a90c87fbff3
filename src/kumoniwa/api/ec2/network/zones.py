"""The availability zone that a request names, by name or by id."""

from kumoniwa.api.call import Call, Parameters
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue
from kumoniwa.model.regions import Zone, zones


def checked_zone(call: Call, parameters: Parameters) -> Zone | None:
    """The zone of a request for a subnet; None where it names none. Raises EC2's refusals."""
    name, zone_id = parameters.get("AvailabilityZone"), parameters.get("AvailabilityZoneId")
    if name is not None and zone_id is not None:
        raise InvalidParameterCombination(
            "The parameter availabilityZone cannot be used with the parameter availabilityZoneId"
        )
    if name is None and zone_id is None:
        return None
    of_region = zones(call.region)
    for zone in of_region:
        if name == zone.name or zone_id == zone.id:
            return zone
    parameter, value = ("availabilityZone", name) if name is not None else ("availabilityZoneId", zone_id)
    known = ", ".join(zone.name if name is not None else zone.id for zone in of_region)
    raise InvalidParameterValue(
        f"Value ({str(value)[:200]}) for parameter {parameter} is invalid. Subnets can currently only be created in "
        f"the following availability zones: {known}."
    )
