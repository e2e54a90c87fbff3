"""What a process cannot do once it has forbidden itself programs, and what it still can. Each is tried before, too."""

import json
import platform
import sys
from pathlib import Path

import pytest

from kumoniwa import run

pytestmark = pytest.mark.anyio

_TRIES = """
import ctypes, json, os, sys
from pathlib import Path
from kumoniwa.network.user.host.seccomp import forbid_programs

folder, pidfd = Path(sys.argv[1]), os.pidfd_open(os.getpid())
kept = os.open(folder / "kept", os.O_RDWR | os.O_CREAT)
spare = [folder / "one", folder / "other"]
for each in spare:
    each.touch()
library = ctypes.CDLL(None, use_errno=True)
library.syscall.restype = ctypes.c_long

def call(name, *arguments):
    ctypes.set_errno(0)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

class How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))

one, other = ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)
here, there = (ctypes.byref(Vector(ctypes.addressof(each), 8)) for each in (one, other))
has_open = os.uname().machine == "x86_64"
path, how = str(folder / "kept").encode(), How(os.O_RDWR)
tries = {
    "pidfd_open": lambda: os.pidfd_open(os.getpid()),
    "pidfd_getfd": lambda: call("syscall", 438, pidfd, kept, 0),
    "process_vm_readv": lambda: call("process_vm_readv", os.getpid(), here, 1, there, 1, 0),
    "process_vm_writev": lambda: call("process_vm_writev", os.getpid(), here, 1, there, 1, 0),
    "open to write": lambda: call("syscall", 2, path, os.O_WRONLY) if has_open else os.open(path, os.O_WRONLY),
    "openat to read and write": lambda: os.close(os.open(path, os.O_RDWR)),
    "openat to make": lambda: os.close(os.open(path, os.O_RDONLY | os.O_CREAT)),
    "openat to cut": lambda: os.close(os.open(path, os.O_RDONLY | os.O_TRUNC)),
    "own memory to write": lambda: open("/proc/self/mem", "r+b").close(),
    "openat2": lambda: call("syscall", 437, -100, path, ctypes.byref(how), ctypes.sizeof(how)),
    "truncate": lambda: os.truncate(path, 3),
    "rename": lambda: os.rename(path, path),
    "unlink": lambda: spare.pop().unlink(),
    "read": lambda: (folder / "kept").read_bytes(),
    "read memory": lambda: open("/proc/self/mem", "rb").close(),
    "list": lambda: os.listdir(folder),
    "write to what is open": lambda: (os.write(kept, b"x"), os.ftruncate(kept, 0)),
}

def refused():
    found = []
    for name, do in tries.items():
        try:
            do()
        except PermissionError:
            found.append(name)
    return found

before = refused()
assert forbid_programs()
print(json.dumps([before, refused()]))
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this kind of machine")
async def test_such_a_process_takes_hold_of_no_other_and_writes_to_no_file_that_it_has_not_open(tmp_path: Path) -> None:
    printed = await run.run([sys.executable, "-c", _TRIES, str(tmp_path)], timeout=60)
    before, after = json.loads(printed)
    assert before == []
    assert set(after) == {
        *("pidfd_open", "pidfd_getfd", "process_vm_readv", "process_vm_writev"),
        *("open to write", "openat to read and write", "openat to make", "openat to cut", "own memory to write"),
        *("openat2", "truncate", "rename", "unlink"),
    }
