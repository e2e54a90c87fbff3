"""Every story there is: importing this registers them all with the engine."""

from kumoniwa.workflows import (
    attach_volume,
    collect_layers,
    copy_image,
    create_image,
    create_snapshots,
    create_volume,
    detach_volume,
    import_snapshot,
    modify_volume,
    reboot_instance,
    replace_root,
    run_instance,
    stop_instance,
    terminate_instance,
)

__all__ = [
    "attach_volume",
    "collect_layers",
    "copy_image",
    "create_image",
    "create_snapshots",
    "create_volume",
    "detach_volume",
    "import_snapshot",
    "modify_volume",
    "reboot_instance",
    "replace_root",
    "run_instance",
    "stop_instance",
    "terminate_instance",
]
