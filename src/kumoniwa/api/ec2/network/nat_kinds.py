"""Subnets and Elastic IP addresses as NAT gateways name them: what makes these refuses in words of its own."""

from dataclasses import replace

from kumoniwa.api.ec2.kinds import ELASTIC_IP, SUBNET

NAT_SUBNET = replace(
    SUBNET,
    missing_code="InvalidSubnet",
    malformed_code="InvalidSubnet",
    malformed_text="The subnet ID '{id}' is malformed",
)
NAT_ADDRESS = replace(
    ELASTIC_IP,
    missing_code="InvalidElasticIpID.NotFound",
    missing="The elastic-ip ID '{}' does not exist",
    several_missing="The elastic-ip IDs '{}' do not exist",
    malformed_code="InvalidElasticIpID.Malformed",
    malformed_text="The elastic-ip ID '{id}' is malformed",
)
