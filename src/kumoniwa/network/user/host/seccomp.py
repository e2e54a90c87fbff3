"""What a process forbids itself for good: to start a program, to take hold of another process, and to write to files
that it has not open.

libslirp reads what a hostile guest sends. Who takes it over is to get hardly further than this process: as QEMU's own
`-sandbox on,spawn=deny` has it for QEMU. It can still read files, the memory of the same user's other processes among
them where the kernel has no Yama (/proc/PID/mem), and connect to sockets.
"""

import ctypes
import os
import platform
import struct

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000  # with an error number
_EPERM = 1
_X32 = 0x40000000  # system calls of another kind, by other numbers, on x86-64
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# By machine: its number in the kernel; what is forbidden, as far as it has it; and what opens files, with the place of
# its flags.
# Programs: fork, vfork, execve, execveat, clone3, clone.
# Other processes: ptrace, process_vm_readv, process_vm_writev, pidfd_open, pidfd_getfd.
# Files: creat, openat2 (its flags cannot be seen), open_by_handle_at, truncate, rename, renameat, renameat2, rmdir,
# unlink, unlinkat.
# The kernel: mount, umount2, unshare, setns, kexec_load, bpf, userfaultfd, io_uring_setup (which opens files too).
_FORBIDDEN = {
    "x86_64": (
        0xC000003E,
        (
            *(57, 58, 59, 322, 435, 56),
            *(101, 310, 311, 434, 438),
            *(85, 437, 304, 76, 82, 264, 316, 84, 87, 263),
            *(165, 166, 272, 308, 246, 321, 323, 425),
        ),
        {2: 1, 257: 2},  # open, openat
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(221, 281, 435, 220),
            *(117, 270, 271, 434, 438),
            *(437, 265, 45, 38, 276, 35),
            *(40, 39, 97, 268, 104, 280, 282, 425),
        ),
        {56: 2},  # openat
    ),
}
_LOAD, _EQUAL, _AT_LEAST, _HAS_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16  # where they are in what a filter sees
_ARGUMENT = 8  # bytes, the low ones first


def forbid_programs() -> bool:
    """From now on this process starts none, and does nothing else that is forbidden above.

    False: this kind of machine is not known, and nothing is forbidden. Raises `OSError` where the kernel refuses.
    """
    if (known := _FORBIDDEN.get(platform.machine())) is None:
        return False
    code = _program(*known)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HL", len(code) // 8, ctypes.addressof(buffer))
    library = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, ctypes.c_char_p(program))):
        if library.prctl(*arguments) != 0:
            raise OSError(number := ctypes.get_errno(), os.strerror(number))
    return True


def _program(machine: int, numbers: tuple[int, ...], opening: dict[int, int]) -> bytes:
    """The filter: for another kind of machine the end; a refusal for these system calls, and for these others where
    they would open a file for more than to be read."""
    refused = (_RETURN, 0, 0, _REFUSE | _EPERM)
    lines = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    lines += [(_AT_LEAST, 0, 1, _X32), refused]
    for number in numbers:
        lines += [(_EQUAL, 0, 1, number), refused]
    for number, place in opening.items():
        lines += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, _ARGUMENTS + _ARGUMENT * place)]
        lines += [(_HAS_ANY, 0, 1, _WRITES), refused, (_RETURN, 0, 0, _ALLOW)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
