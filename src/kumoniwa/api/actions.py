"""Every module that has actions: importing this one registers them all."""

from kumoniwa.api import (
    console,
    create_image,
    describe_instances,
    images,
    imports,
    instance_attributes,
    instance_lifecycle,
    register_image,
    run_instances,
    snapshots,
    tags,
    volumes,
)

__all__ = [
    "console",
    "create_image",
    "describe_instances",
    "images",
    "imports",
    "instance_attributes",
    "instance_lifecycle",
    "register_image",
    "run_instances",
    "snapshots",
    "tags",
    "volumes",
]
