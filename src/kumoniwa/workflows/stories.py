"""Every story there is: importing this registers them all with the engine."""

from kumoniwa.workflows import (
    collect_layers,
    create_image,
    import_snapshot,
    reboot_instance,
    run_instance,
    stop_instance,
    terminate_instance,
)

__all__ = [
    "collect_layers",
    "create_image",
    "import_snapshot",
    "reboot_instance",
    "run_instance",
    "stop_instance",
    "terminate_instance",
]
