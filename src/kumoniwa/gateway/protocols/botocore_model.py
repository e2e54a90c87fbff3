"""botocore's own model of a service, never one that a user keeps in `~/.aws/models`.

Imported only to make what servers read: with it a process takes 0.1 s of the processor and 40 MB more than without.
"""

from collections.abc import Mapping
from typing import Any

from botocore.loaders import Loader

from kumoniwa.gateway.protocols.model import Operation, operation, parts


def whole_model(service: str, version: str) -> Mapping[str, Any]:
    """All that botocore knows of a service, as its file says it."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    model: Mapping[str, Any] = loader.load_service_model(service, "service-2", api_version=version)
    return model


class BotocoreModel:
    """See `kumoniwa.gateway.protocols.model.Model`: read whole, and held in memory."""

    def __init__(self, service: str, version: str) -> None:
        self._parts = dict(parts(whole_model(service, version)))
        self.actions = frozenset(self._parts)

    def operation(self, action: str) -> Operation:
        return operation(self._parts[action])
