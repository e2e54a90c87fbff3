"""LabelParameterVersion and UnlabelParameterVersion: names of versions."""

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action
from kumoniwa.api.ssm.parameter_refusals import ParameterNotFound, ParameterVersionNotFound
from kumoniwa.errors import Ec2Error
from kumoniwa.model.parameters import Parameter
from kumoniwa.store import parameters as store

_MOST_LABELS = 10  # of a version
_LABEL = re.compile(r"(?!(?i:aws|ssm))[A-Za-z_.\-][A-Za-z0-9_.\-]*")


@action("LabelParameterVersion", service="ssm")
async def label_parameter_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a version labels, which leave the versions that had them."""
    labels = list(dict.fromkeys(parameters["Labels"]))
    valid = [one for one in labels if _LABEL.fullmatch(one) is not None]

    def label(connection: Connection) -> Answer:
        versions, chosen = _named(connection, call, parameters)
        if len({*chosen.labels, *valid}) > _MOST_LABELS:
            raise Ec2Error(
                "ParameterVersionLabelLimitExceeded",
                f"A parameter version can have a maximum of {_MOST_LABELS} labels. Move one to another version of it.",
            )
        for version in versions:
            if version != chosen and not set(valid).isdisjoint(version.labels):
                store.label(connection, version, [one for one in version.labels if one not in valid])
        store.label(connection, chosen, list(dict.fromkeys((*chosen.labels, *valid))))
        invalid = [one for one in labels if one not in valid]
        return {"InvalidLabels": invalid, "ParameterVersion": chosen.version}

    return await cloud.change(call, label)


@action("UnlabelParameterVersion", service="ssm")
async def unlabel_parameter_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take labels from a version; those that it does not have are told."""
    labels = list(dict.fromkeys(parameters["Labels"]))

    def unlabel(connection: Connection) -> Answer:
        _, chosen = _named(connection, call, parameters)
        store.label(connection, chosen, [one for one in chosen.labels if one not in labels])
        return {
            "RemovedLabels": [one for one in labels if one in chosen.labels],
            "InvalidLabels": [one for one in labels if one not in chosen.labels],
        }

    return await cloud.change(call, unlabel)


def _named(connection: Connection, call: Call, parameters: Parameters) -> tuple[Sequence[Parameter], Parameter]:
    """All versions of the parameter, and the one that is meant: the latest, where no number is given."""
    versions = store.versions(connection, call.scope, parameters["Name"])
    if not versions:
        raise ParameterNotFound
    number = parameters.get("ParameterVersion")
    chosen = versions[-1] if number is None else next((one for one in versions if one.version == number), None)
    if chosen is None:
        raise ParameterVersionNotFound(parameters["Name"], str(number))
    return versions, chosen
