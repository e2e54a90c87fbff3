"""Whether a running guest's file systems are to be frozen for a cut: the request's tag says, else the server's setting.

The tag is the request's own, in `TagSpecifications`: no EC2 client knows another parameter that it could carry.
"""

from collections.abc import Mapping

from kumoniwa.config import Config
from kumoniwa.errors import InvalidParameterValue

TAG = "kumoniwa:freeze"
_WORDS = {"true": True, "false": False}


def wants_freeze(config: Config, tags: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether it is, by the tags for each resource type. Raises a refusal of a value that is neither word."""
    for of_type in tags.values():
        if (said := of_type.get(TAG)) is not None:
            if said not in _WORDS:
                raise InvalidParameterValue(f"Value ({said}) for tag {TAG} is invalid. It is true or false.")
            return _WORDS[said]
    return config.freeze
