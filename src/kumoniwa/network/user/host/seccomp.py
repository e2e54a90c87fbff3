"""What a process forbids itself for good: to start a program, and to look into another process.

libslirp reads what a hostile guest sends. Who takes it over is to get no further than this process: as QEMU's own
`-sandbox on,spawn=deny` has it for QEMU.
"""

import ctypes
import os
import platform
import struct

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000  # with an error number
_EPERM = 1
_X32 = 0x40000000  # system calls of another kind, by other numbers, on x86-64
# By machine: its number in the kernel, and fork, vfork, execve, execveat, ptrace, process_vm_readv, process_vm_writev,
# clone3, clone, mount, umount2, unshare, setns, kexec_load, bpf, userfaultfd, io_uring_setup, as far as it has them.
_FORBIDDEN = {
    "x86_64": (
        0xC000003E,
        (57, 58, 59, 322, 101, 310, 311, 435, 56, 165, 166, 272, 308, 246, 321, 323, 425),
    ),
    "aarch64": (0xC00000B7, (221, 281, 117, 270, 271, 435, 220, 40, 39, 97, 268, 104, 280, 282, 425)),
}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE = 0, 4  # where they are in what a filter sees


def forbid_programs() -> bool:
    """From now on this process starts none. False: this kind of machine is not known, and nothing is forbidden.

    Raises `OSError` where the kernel refuses.
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


def _program(machine: int, numbers: tuple[int, ...]) -> bytes:
    """The filter: for another kind of machine the end, for these system calls a refusal."""
    lines = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    lines += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _REFUSE | _EPERM)]
    for number in numbers:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | _EPERM)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
