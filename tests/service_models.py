"""The models of AWS's services as botocore itself reads them: what our reading of them is held against."""

from functools import cache
from typing import Any

from botocore.model import ServiceModel

from kumoniwa.gateway.protocols.botocore_model import whole_model

JSON_SERVICES = {
    "cloudtrail": "2013-11-01",
    "ec2-instance-connect": "2018-04-02",
    "kms": "2014-11-01",
    "ssm": "2014-11-06",
}
"""The services that speak JSON 1.1, with the versions of their models."""


def service_model(service: str, version: str) -> Any:
    """botocore's reading of a model."""
    return ServiceModel(whole_model(service, version), service)


@cache
def json_model(service: str) -> Any:
    """botocore's reading of the model of one of `JSON_SERVICES`."""
    return service_model(service, JSON_SERVICES[service])
