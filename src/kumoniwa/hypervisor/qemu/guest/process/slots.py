"""Where a guest's devices are on its PCI bus."""

# The machine `pc`: disks can come and go at every slot of its one PCI bus while the guest runs. On `q35` each disk
# would need a port of its own for that, and 27 of them make a boot a third longer (22 s of processor time, not 17).
# Slots: 0 the host bridge, 1 the chipset, 2 the primary network interface, 3 what has no slot of its own, then disks
# upwards, and further interfaces from the last slot down.
BUS = "pci.0"
MOST_DISKS = 27
MOST_PLUGGED = 28  # disks and further interfaces together
LAST_SLOT = 31
FIRST_DISK_SLOT = 4
