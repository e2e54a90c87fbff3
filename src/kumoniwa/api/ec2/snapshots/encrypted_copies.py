"""Copies of snapshots that are encrypted where their source is not, or under another key."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.volumes.encryption import data_key, key_for, new_layer, written_anew
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES
from kumoniwa.store import layers


def copy_key(
    connection: Connection, call: Call, source: Snapshot, encrypted: bool | None, key: str | None
) -> str | None:
    """The key that a copy is encrypted under; None: it is not encrypted. A key is one of the region of the copy, so
    that of a source in another region is not the copy's."""
    if source.encrypted and key is None and source.region != call.region:
        return key_for(connection, call, None, True, None)
    return key_for(connection, call, source, encrypted, key)


def needed_bytes(source: Snapshot, key: str | None) -> int:
    """The room that a copy under this key takes on the host's disk."""
    return 0 if key == source.kms_key_id else NEW_LAYER_BYTES + written_anew(source, key)


def under_key(connection: Connection, call: Call, made: Snapshot, source: Snapshot, key: str | None) -> Snapshot:
    """The copy as it is to be written: under this key, with a layer of its own where that is not the source's, which is
    made and measured before the copy is completed."""
    made = replace(made, kms_key_id=key, data_key_id=data_key(source, key))
    if key == source.kms_key_id:
        return made
    layer = new_layer(call, source, source.volume_size_gib, key)
    layers.add(connection, layer)
    return replace(made, layer_id=layer.id, changed_bytes=None, full_bytes=None)
