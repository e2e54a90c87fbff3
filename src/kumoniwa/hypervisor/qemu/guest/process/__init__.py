"""A guest's QEMU process: its command line, the process on the host, its monitor and console, what is noted of it."""
