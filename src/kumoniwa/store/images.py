"""Images and their devices in the database.

A deregistered image keeps its row for some time, and as long as there are instances that were launched from it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from kumoniwa.model.images import IMAGE_MOVES, Image, ImageDevice, ImageState
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.scope import Scope
from kumoniwa.model.workflows import WorkflowState
from kumoniwa.store import rows, tags
from kumoniwa.store.instances import IllegalMove
from kumoniwa.store.prepared import Prepared, among, either, listed
from kumoniwa.store.rows import InScope, all_of, insert
from kumoniwa.store.tables.images import image_devices, images
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.workflows import workflows


def add(connection: Connection, image: Image, devices: Sequence[ImageDevice]) -> None:
    """Write a new image and its devices."""
    add_many(connection, [image], devices)


def add_many(connection: Connection, new: Sequence[Image], devices: Sequence[ImageDevice]) -> None:
    """Write new images and the devices of all of them."""
    insert(connection, images, *new)
    insert(connection, image_devices, *devices)


_BY_ID = Prepared(select(images).where(images.c.id == bindparam("id")))
_IN_SCOPE = InScope(Image, images, images.c.created_at, images.c.id, kept=True)


def get(connection: Connection, image_id: str) -> Image | None:
    """An image, deregistered or not."""
    return _BY_ID.value(Image, connection, id=image_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Image]:
    """The images of an account in a region, oldest first, deregistered ones included; only these, where `ids` are
    given."""
    return _IN_SCOPE.of(connection, scope, ids)


def latest_cut(connection: Connection, scope: Scope, at_most: int) -> list[Image]:
    """So many of the images that an account made of its instances in a region, the latest first; deregistered ones
    are left out."""
    theirs = (images.c.account == scope.account) & (images.c.region == scope.region)
    made = images.c.source_instance_id.is_not(None) & (images.c.state != ImageState.DEREGISTERED)
    query = select(images).where(theirs, made)
    return all_of(Image, connection, query.order_by(images.c.created_at.desc()).limit(at_most))


_NAMED = Prepared(
    select(images).where(
        images.c.account == bindparam("account"),
        images.c.region == bindparam("region"),
        images.c.name == bindparam("name"),
        images.c.state != ImageState.DEREGISTERED,
    )
)


def named(connection: Connection, scope: Scope, name: str) -> Image | None:
    """The image that has this name now. Only deregistering an image frees its name."""
    return _NAMED.value(Image, connection, account=scope.account, region=scope.region, name=name)


_DEVICES_IN_ORDER = select(image_devices).order_by(image_devices.c.position)
_DEVICES = Prepared(_DEVICES_IN_ORDER)
_DEVICES_OF = Prepared(_DEVICES_IN_ORDER.where(among(image_devices.c.image_id, "ids")), kept=True)


def devices_of(connection: Connection, image_ids: Collection[str] | None = None) -> dict[str, list[ImageDevice]]:
    """The devices of images, by image and in their order; of all images where no ids are given."""
    if image_ids is None:
        devices = _DEVICES.values(ImageDevice, connection)
    else:
        devices = _DEVICES_OF.values(ImageDevice, connection, ids=listed(image_ids))
    found: dict[str, list[ImageDevice]] = {}
    for device in devices:
        found.setdefault(device.image_id, []).append(device)
    return found


def launched(connection: Connection, image_ids: Collection[str]) -> set[str]:
    """Those of these ids whose image some instance that is not terminated was launched from."""
    query = select(instances.c.image_id).where(
        instances.c.image_id.in_(image_ids), instances.c.state != InstanceState.TERMINATED
    )
    return set(connection.execute(query).scalars())


def regions_of(connection: Connection, image_ids: Collection[str]) -> dict[str, str]:
    """The regions that these images are in, by id; deregistered ones included."""
    query = select(images.c.id, images.c.region).where(images.c.id.in_(image_ids))
    return dict(connection.execute(query).all())


def change(connection: Connection, image_id: str, **columns: Any) -> None:
    """Change columns of an image, other than its state."""
    assert "state" not in columns, "states are moved by `move`"
    rows.change(connection, images, image_id, columns)


def move(
    connection: Connection, image_id: str, sources: Collection[ImageState], target: ImageState, **columns: Any
) -> bool:
    """Move an image to `target`, if it is in one of `sources`; gives whether it was. Nothing else changes states."""
    for source in sources:
        if target not in IMAGE_MOVES[source]:
            raise IllegalMove(f"{source} → {target}")
    result = connection.execute(
        update(images).where(images.c.id == image_id, images.c.state.in_(sources)).values(state=target, **columns)
    )
    return result.rowcount == 1


def remove(connection: Connection, image_id: str) -> None:
    """Forget an image and its devices altogether."""
    connection.execute(delete(images).where(images.c.id == image_id))


def _old() -> Prepared:
    made = images.alias()
    unfinished = either(workflows.c.state, (WorkflowState.WAITING, WorkflowState.RUNNING))
    old = select(images.c.id).where(
        images.c.state == ImageState.DEREGISTERED,
        images.c.deregistered_at < bindparam("before"),
        ~exists().where(instances.c.image_id == images.c.id),
        ~exists().where(made.c.source_image_id == images.c.id, made.c.state != ImageState.DEREGISTERED),
        ~exists().where(unfinished, workflows.c.arguments["image_id"].as_string() == images.c.id),
    )
    return Prepared(old.limit(bindparam("at_most")))


_OLD = _old()


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the images that were deregistered before then, with their tags; gives how many there were.

    An image stays where an instance was launched from it, an image that is not deregistered was made from it, or a
    workflow that has not ended works on it.
    """
    ids = _OLD.scalars(connection, before=before, at_most=at_most)
    tags.remove_all(connection, *ids)
    return connection.execute(delete(images).where(images.c.id.in_(ids))).rowcount if ids else 0
