"""What is done to the disks of a guest whose QEMU lives: plugged, grown, frozen, cut, compacted."""
