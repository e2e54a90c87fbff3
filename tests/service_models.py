"""The models of AWS's services as botocore itself reads them: what our reading of them is held against."""

from typing import Any

from botocore.model import ServiceModel

from kumoniwa.gateway.protocols.botocore_model import whole_model


def service_model(service: str, version: str) -> Any:
    """botocore's reading of a model."""
    return ServiceModel(whole_model(service, version), service)
