"""What a launch says of Spot: checked, and the requests that its instances were launched by."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.not_built import NotBuiltParameter, below, refuse
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, UnsupportedOperation
from kumoniwa.ids import new_id
from kumoniwa.model.instances import Instance
from kumoniwa.model.spot_requests import Interruption, SpotRequest, SpotType
from kumoniwa.values import dataclass

_HIBERNATING = "Spot Instances that hibernate when they are interrupted"
INTERRUPTION_NOT_BUILT = NotBuiltParameter(
    "InstanceInterruptionBehavior", _HIBERNATING, harmless=tuple(map(str, Interruption))
)
SPOT_NOT_BUILT = (
    NotBuiltParameter("MarketType", "Capacity Blocks", harmless=("spot", "on-demand")),
    NotBuiltParameter("SpotOptions.BlockDurationMinutes", "Spot Instances of a fixed duration"),
    *below("SpotOptions", [INTERRUPTION_NOT_BUILT]),
)
_LEAST_PRICE = Decimal("0.001")  # dollars an hour: `SpotMarketOptions.MaxPrice` of the API reference
_PRICES_BELOW = Decimal(1_000_000)  # ours; the dearest type costs some hundreds
_SHOWN_AS_ASKED = ("BlockDeviceMappings", "IamInstanceProfile", "NetworkInterfaces")
_OPTION = "SpotInstanceRequest"
"""Where an instance keeps its request's id, among its options."""


class SpotMaxPriceTooLow(Ec2Error):
    """Spot Instances cost more than the request is ready to pay. EC2's words."""

    def __init__(self, asked: str, price: Decimal) -> None:
        super().__init__(
            "SpotMaxPriceTooLow",
            f"Your Spot request price of {asked} is lower than the minimum required Spot request fulfillment price of "
            f"{price}.",
        )


@dataclass(frozen=True, slots=True)
class SpotMarket:
    """The Spot Instances that a launch asks for."""

    type: SpotType
    max_price: str | None
    interruption: Interruption
    valid_until: datetime | None = None
    launch_group: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What the requests show as the launch asked for it."""


def spot_market(parameters: Mapping[str, Any]) -> SpotMarket | None:
    """What a launch's `InstanceMarketOptions` asks for; None for instances on demand. Raises EC2's refusals."""
    options: Mapping[str, Any] = parameters.get("InstanceMarketOptions") or {}
    refuse(options, SPOT_NOT_BUILT)
    spot: Mapping[str, Any] = options.get("SpotOptions") or {}
    if options.get("MarketType") != "spot":
        if spot:
            raise InvalidParameterCombination("The parameter SpotOptions can only be used with the market type spot.")
        return None
    market = checked_market(
        spot.get("SpotInstanceType"),
        spot.get("MaxPrice"),
        spot.get("InstanceInterruptionBehavior"),
        valid_until=spot.get("ValidUntil"),
    )
    return replace(market, asked={name: parameters[name] for name in _SHOWN_AS_ASKED if parameters.get(name)})


def checked_market(
    kind: str | None, max_price: str | None, behavior: str | None, *, valid_until: datetime | None = None
) -> SpotMarket:
    """Spot Instances as these parameters ask for them. Raises EC2's refusals.

    `behavior` is none that is not built.
    """
    try:
        found = SpotType(kind or SpotType.ONE_TIME)
    except ValueError:
        raise InvalidParameterValue(f"Value ({str(kind)[:200]}) for parameter type is invalid.") from None
    interruption = Interruption(behavior or Interruption.TERMINATE)
    if interruption is Interruption.STOP and found is SpotType.ONE_TIME:
        raise InvalidParameterCombination(
            "The interruption behavior 'stop' can only be used with persistent Spot Instance requests."
        )
    if max_price is not None:
        check_price(max_price)
    return SpotMarket(found, max_price, interruption, valid_until)


def check_price(asked: str, what: str | None = None) -> Decimal:
    """The dollars an hour that a request is ready to pay. Raises EC2's refusal of what is no price.

    `what` is what the refusal calls another sum than the price of a Spot Instance.
    """
    try:
        price = Decimal(asked)
    except InvalidOperation:
        price = Decimal(0)
    if not (price.is_finite() and _LEAST_PRICE <= price < _PRICES_BELOW):
        if what is not None:
            raise InvalidParameterValue(f"Invalid value '{asked[:200]}' for {what}.")
        raise InvalidParameterValue(
            f'Value ({asked[:200]}) for parameter price is invalid. "{asked[:200]}" is an invalid spot instance price'
        )
    return price


def shown_price(price: str | Decimal) -> str:
    """A price that was checked, as EC2 shows those of Spot: dollars an hour with six decimal places."""
    return f"{Decimal(price):.6f}"


def spot_option(market: SpotMarket | None) -> Mapping[str, str]:
    """What an instance of such a launch keeps: the id of its request."""
    return {} if market is None else {_OPTION: new_id("sir")}


def request_id_of(instance: Instance) -> str | None:
    """The id of the Spot request that the instance was launched by; None for one on demand."""
    found: str | None = instance.options.get(_OPTION)
    return found


def lifecycle(instance: Instance) -> dict[str, str]:
    """What a Spot Instance says of itself, under EC2's member names."""
    found = request_id_of(instance)
    return {} if found is None else {"InstanceLifecycle": "spot", "SpotInstanceRequestId": found}


def check_may_stop(instance: Instance, request: SpotRequest | None) -> None:
    """Raises EC2's refusal to stop an instance of a request that asks for one time."""
    if request is not None and request.type is SpotType.ONE_TIME:
        raise UnsupportedOperation(
            f"You can't stop the Spot Instance '{instance.id}' because it is associated with a one-time Spot Instance "
            "request. You can only stop Spot Instances associated with persistent Spot Instance requests."
        )


def requests_of(
    call: Call, market: SpotMarket, launched: Sequence[Instance], placed: Mapping[str, Any]
) -> list[SpotRequest]:
    """The requests of these instances, fulfilled. `placed` are the launch's subnet and security groups."""
    return [
        SpotRequest(
            id=str(request_id_of(instance)),
            account=instance.account,
            region=instance.region,
            created_at=call.at,
            type=market.type,
            instance_id=instance.id,
            zone=instance.zone,
            max_price=market.max_price,
            interruption=market.interruption,
            valid_until=market.valid_until,
            launch_group=market.launch_group,
            specification=_specification(instance, {**placed, **market.asked}),
        )
        for instance in launched
    ]


def _placement(instance: Instance) -> Mapping[str, Any]:
    tenancy = instance.options.get("Placement", {}).get("Tenancy")
    return (
        {"AvailabilityZone": instance.zone}
        if tenancy is None
        else {"AvailabilityZone": instance.zone, "Tenancy": tenancy}
    )


def _specification(instance: Instance, placed: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = {
        "EbsOptimized": instance.ebs_optimized,
        "ImageId": instance.image_id,
        "InstanceType": instance.instance_type,
        "KeyName": instance.key_name,
        "Monitoring": {"Enabled": instance.monitoring},
        "Placement": _placement(instance),
        **placed,
    }
    return {name: value for name, value in shown.items() if value is not None}
