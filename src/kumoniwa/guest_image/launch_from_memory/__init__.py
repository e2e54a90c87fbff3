"""The guest's side of a launch from memory. A program of the image: it runs inside the guest, on its Python alone.

It is started at a boot whose machine is to be saved (`launch_files.py`). When all has started that can start without
an identity, it makes the machine ready to be saved, says `prepared` to the host, and reads. What it reads comes later:
each guest that is launched from the saved memory goes on right here, and is told who it is, in a line of JSON. It takes
that identity on, says `applied`, and lets sshd and the rest go on. Whatever goes wrong, the host is told `failed`.

All it needs is loaded, and was run once, before the memory is saved: nothing is imported afterwards.
"""
