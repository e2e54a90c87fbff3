"""What connects a VPC with networks elsewhere, or with AWS's services: this cloud has none of it.

So the lists are empty, and what is named is not found: DescribeVpnGateways, DescribeVpnConnections and
DescribeCustomerGateways; DescribeTransitGateways, DescribeTransitGatewayAttachments,
DescribeTransitGatewayVpcAttachments and DescribeTransitGatewayRouteTables; DescribeVpcEndpoints,
DescribeVpcEndpointServices and DescribeVpcEndpointServiceConfigurations; DescribeClientVpnEndpoints,
DescribeCarrierGateways and DescribeInstanceConnectEndpoints.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import Kind
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.listing import Listing
from kumoniwa.api.nothing import ANY, nothing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.store.tables import instances as tables


def _kind(prefix: str, resource_type: str, code: str, missing: str, several_missing: str = "") -> Kind:
    """A kind that nothing is of; `code` is what EC2's codes begin with."""
    return Kind(
        prefix=prefix,
        resource_type=resource_type,
        column=tables.instances.c.id,  # none of them is of this kind
        missing_code=f"{code}.NotFound",
        missing=missing,
        several_missing=several_missing or missing,
        malformed_code=f"{code}.Malformed",
    )


def _named(prefix: str, resource_type: str, code: str, name: str) -> Kind:
    """One whose refusals have the form that EC2 has for most kinds."""
    texts = (f"The {name} ID '{{}}' does not exist", f"The {name} IDs '{{}}' do not exist")
    return _kind(prefix, resource_type, code, *texts)


def _of(kind: Kind, member: str, ids: str, *filters: str, **traits: object) -> Listing[str]:
    return nothing(member, *filters, kind=kind, ids=ids, own_tags=lambda _: {}, **traits)


_GONE = "was deleted or does not exist."
_LIMITS = (5, 1000)

_VPN_GATEWAYS = _of(
    _named("vgw", "vpn-gateway", "InvalidVpnGatewayID", "vpnGateway"),
    "VpnGateways",
    "VpnGatewayIds",
    *("amazon-side-asn", "attachment.state", "attachment.vpc-id", "availability-zone", "state", "type"),
    "vpn-gateway-id",
)
_VPN_CONNECTIONS = _of(
    _named("vpn", "vpn-connection", "InvalidVpnConnectionID", "vpnConnection"),
    "VpnConnections",
    "VpnConnectionIds",
    *("customer-gateway-configuration", "customer-gateway-id", "state", "option.static-routes-only"),
    *("route.destination-cidr-block", "bgp-asn", "type", "vpn-connection-id", "vpn-gateway-id", "transit-gateway-id"),
)
_CUSTOMER_GATEWAYS = _of(
    _named("cgw", "customer-gateway", "InvalidCustomerGatewayID", "customerGateway"),
    "CustomerGateways",
    "CustomerGatewayIds",
    *("bgp-asn", "customer-gateway-id", "ip-address", "state", "type"),
)
_CARRIER_GATEWAYS = _of(
    _named("cagw", "carrier-gateway", "InvalidCarrierGatewayID", "carrierGateway"),
    "CarrierGateways",
    "CarrierGatewayIds",
    *("carrier-gateway-id", "state", "owner-id", "vpc-id"),
    limits=_LIMITS,
)
_TRANSIT_GATEWAYS = _of(
    _kind("tgw", "transit-gateway", "InvalidTransitGatewayID", f"Transit Gateway {{}} {_GONE}"),
    "TransitGateways",
    "TransitGatewayIds",
    *("options.propagation-default-route-table-id", "options.amazon-side-asn"),
    *("options.association-default-route-table-id", "options.auto-accept-shared-attachments"),
    *("options.default-route-table-association", "options.default-route-table-propagation", "options.dns-support"),
    *("options.vpn-ecmp-support", "owner-id", "state", "transit-gateway-id"),
    limits=_LIMITS,
)
_ATTACHMENT = _kind(
    "tgw-attach",
    "transit-gateway-attachment",
    "InvalidTransitGatewayAttachmentID",
    f"Transit Gateway Attachment {{}} {_GONE}",
)
_ATTACHMENTS = _of(
    _ATTACHMENT,
    "TransitGatewayAttachments",
    "TransitGatewayAttachmentIds",
    *("association.state", "association.transit-gateway-route-table-id", "resource-id", "resource-owner-id"),
    *("resource-type", "state", "transit-gateway-attachment-id", "transit-gateway-id", "transit-gateway-owner-id"),
    limits=_LIMITS,
)
_VPC_ATTACHMENTS = _of(
    _ATTACHMENT,
    "TransitGatewayVpcAttachments",
    "TransitGatewayAttachmentIds",
    *("state", "transit-gateway-attachment-id", "transit-gateway-id", "vpc-id"),
    limits=_LIMITS,
)
_TRANSIT_ROUTE_TABLES = _of(
    _kind("tgw-rtb", "transit-gateway-route-table", "InvalidRouteTableID", f"Transit Gateway Route Table {{}} {_GONE}"),
    "TransitGatewayRouteTables",
    "TransitGatewayRouteTableIds",
    *("default-association-route-table", "default-propagation-route-table", "state", "transit-gateway-id"),
    "transit-gateway-route-table-id",
    limits=_LIMITS,
)
_VPC_ENDPOINTS = _of(
    _kind(
        "vpce",
        "vpc-endpoint",
        "InvalidVpcEndpointId",
        "The Vpc Endpoint Id '{}' does not exist",
        "The Vpc Endpoint Ids '{}' do not exist",
    ),
    "VpcEndpoints",
    "VpcEndpointIds",
    *("ip-address-type", "service-name", "service-region", "vpc-id", "vpc-endpoint-id", "vpc-endpoint-state"),
    "vpc-endpoint-type",
    limits=ANY,
)
_ENDPOINT_SERVICES = nothing(
    "ServiceDetails",
    *("owner", "service-name", "service-region", "service-type", "supported-ip-address-types"),
    own_tags=lambda _: {},
    limits=ANY,
)
_SERVICE_CONFIGURATIONS = _of(
    _kind(
        "vpce-svc",
        "vpc-endpoint-service",
        "InvalidVpcEndpointServiceId",
        "The VpcEndpointService Id '{}' does not exist",
        "The VpcEndpointService Ids '{}' do not exist",
    ),
    "ServiceConfigurations",
    "ServiceIds",
    *("service-name", "service-id", "service-state", "supported-ip-address-types"),
    limits=ANY,
)
_CLIENT_VPN = _of(
    _kind("cvpn-endpoint", "client-vpn-endpoint", "InvalidClientVpnEndpointId", "Endpoint {} does not exist"),
    "ClientVpnEndpoints",
    "ClientVpnEndpointIds",
    *("endpoint-id", "transport-protocol"),
    limits=_LIMITS,
)
_CONNECT_ENDPOINTS = _of(
    _named(
        "eice",
        "instance-connect-endpoint",
        "InvalidInstanceConnectEndpointId",
        "instance connect endpoint",
    ),
    "InstanceConnectEndpoints",
    "InstanceConnectEndpointIds",
    *("instance-connect-endpoint-id", "state", "subnet-id", "vpc-id"),
    limits=(1, 50),
)


@action("DescribeVpnGateways")
async def describe_vpn_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No virtual private gateways."""
    check_region(call.region)
    return await _VPN_GATEWAYS.answer(cloud, call, parameters)


@action("DescribeVpnConnections")
async def describe_vpn_connections(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Site-to-Site VPN connections."""
    check_region(call.region)
    return await _VPN_CONNECTIONS.answer(cloud, call, parameters)


@action("DescribeCustomerGateways")
async def describe_customer_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No customer gateways."""
    check_region(call.region)
    return await _CUSTOMER_GATEWAYS.answer(cloud, call, parameters)


@action("DescribeCarrierGateways")
async def describe_carrier_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No carrier gateways of Wavelength Zones."""
    check_region(call.region)
    return await _CARRIER_GATEWAYS.answer(cloud, call, parameters)


@action("DescribeTransitGateways")
async def describe_transit_gateways(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No transit gateways."""
    check_region(call.region)
    return await _TRANSIT_GATEWAYS.answer(cloud, call, parameters)


@action("DescribeTransitGatewayAttachments")
async def describe_transit_gateway_attachments(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No attachments of transit gateways."""
    check_region(call.region)
    return await _ATTACHMENTS.answer(cloud, call, parameters)


@action("DescribeTransitGatewayVpcAttachments")
async def describe_transit_gateway_vpc_attachments(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No VPCs attached to transit gateways."""
    check_region(call.region)
    return await _VPC_ATTACHMENTS.answer(cloud, call, parameters)


@action("DescribeTransitGatewayRouteTables")
async def describe_transit_gateway_route_tables(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No route tables of transit gateways."""
    check_region(call.region)
    return await _TRANSIT_ROUTE_TABLES.answer(cloud, call, parameters)


@action("DescribeVpcEndpoints")
async def describe_vpc_endpoints(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No VPC endpoints."""
    check_region(call.region)
    return await _VPC_ENDPOINTS.answer(cloud, call, parameters)


@action(
    "DescribeVpcEndpointServices",
    depth=Depth.PARTLY,
    missing="EC2 lists the endpoints of AWS's own services, such as S3's; no endpoint leads to them here.",
)
async def describe_vpc_endpoint_services(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No services that an endpoint could lead to."""
    check_region(call.region)
    for region in parameters.get("ServiceRegions", ()):
        check_region(region)
    if names := parameters.get("ServiceNames"):
        raise Ec2Error("InvalidServiceName", f"The Vpc Endpoint Service '{str(names[0])[:200]}' does not exist")
    details = await _ENDPOINT_SERVICES.answer(cloud, call, parameters)
    return {"ServiceNames": [], **(details or {})}


@action("DescribeVpcEndpointServiceConfigurations")
async def describe_vpc_endpoint_service_configurations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No services of one's own behind endpoints."""
    check_region(call.region)
    return await _SERVICE_CONFIGURATIONS.answer(cloud, call, parameters)


@action("DescribeClientVpnEndpoints")
async def describe_client_vpn_endpoints(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Client VPN endpoints."""
    check_region(call.region)
    return await _CLIENT_VPN.answer(cloud, call, parameters)


@action("DescribeInstanceConnectEndpoints")
async def describe_instance_connect_endpoints(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No EC2 Instance Connect Endpoints."""
    check_region(call.region)
    return await _CONNECT_ENDPOINTS.answer(cloud, call, parameters)
