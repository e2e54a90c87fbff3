"""A guest that fits in two sectors, and can be launched from memory: it boots in a tenth of a second.

It does all that `boot_sector` does. Where it finds a launch port, it says there that it is prepared, waits until it is
told something, and says that it has applied that; then it goes on. Assembled from (GNU as, --32, linked at 0x7c00):

    .code16
    _start:
      ljmp $0, $1f
    1:xorw %ax, %ax                 # flat segments, a stack below us
      movw %ax, %ds
      movw %ax, %es
      movw %ax, %ss
      movw $0x7c00, %sp
      movw $0x602, %dx              # ACPI: let the power button set its status bit
      movw $0x100, %ax
      outw %ax, %dx
      movw $load, %si               # the second sector, behind this one
      movb $0x42, %ah
      movb $0x80, %dl
      int $0x13
      movw $banner, %si
      call print
      call memory
      xorw %bx, %bx                 # bh: ignore the power button
    turn:
      hlt                           # 18 times a second, or at a key
      movb $1, %ah
      int $0x16
      jz power
      movb $0, %ah
      int $0x16
      cmpb $'1', %al
      je ignore
      cmpb $'2', %al
      je reboot
      cmpb $'3', %al
      je off
      movb %al, sector              # a letter: write a sector full of it, a the first, b the second, ...
      andb $0x1f, sector
      addb $8, sector
      movw $0x1000, %di
      movw $512, %cx
      rep stosb
      movw $packet, %si
      movw $0x4300, %ax
      movb $0x80, %dl
      int $0x13
      jmp told
    ignore:
      incb %bh
    told:                           # setting the clock is an event that the host sees: the answer to a key
      movb $0, %al
      outb %al, $0x70
      outb %al, $0x71
      jmp turn
    power:
      testb %bh, %bh
      jnz turn
      movw $0x600, %dx
      inw %dx, %ax
      testb $1, %ah
      jz turn
    off:
      movw $farewell, %si
      call print
      movw $0x604, %dx
      movw $0x2000, %ax
      outw %ax, %dx
    3:hlt                           # a reset here would come on top of the shutdown
      jmp 3b
    reboot:
      movb $0xfe, %al
      outb %al, $0x64
      hlt
    print:
      movw $0x3fd, %dx
      inb %dx, %al
      testb $0x20, %al
      jz print
      lodsb
      testb %al, %al
      jz 2f
      movw $0x3f8, %dx
      outb %al, %dx
      jmp print
    2:ret
    load:                           # of int 13h: one sector to 0x7e00
      .byte 16, 0
      .word 1, 0x7e00, 0
      .quad 1
    packet:                         # of int 13h: one sector from 0x1000
      .byte 16, 0
      .word 1, 0x1000, 0
    sector:
      .quad 1
    banner:
      .asciz "Linux version 0.0 (a test's boot sector)\r\n"
    farewell:
      .asciz "reboot: Power down\r\n"
      .org 510
      .word 0xaa55

    memory:                         # the second sector: the virtio-serial device at 00:03.0, as it was before 1.0
      movl $0x80001804, %eax        # it may use memory
      movw $0xcf8, %dx
      outl %eax, %dx
      movw $7, %ax
      movw $0xcfc, %dx
      outw %ax, %dx
      movl $0x80001810, %eax        # where its registers are
      movw $0xcf8, %dx
      outl %eax, %dx
      movw $0xcfc, %dx
      inl %dx, %eax
      andw $0xfffc, %ax
      movw %ax, io
      movb $0, %al
      call status
      movb $3, %al
      call status
      movw io, %dx                  # features: several ports
      addw $4, %dx
      movl $2, %eax
      outl %eax, %dx
      movw $0x8000, %di             # queues: control in and out, in and out of port 2
      movw $2, %ax
      call queue
      movw $3, %ax
      call queue
      movw $6, %ax
      call queue
      movw $7, %ax
      call queue
      movb $7, %al
      call status
      movw $0x8000, %di
      movw $512, %ax
      movw $64, %cx
      movw $0x2000, %si
      movw $2, %bx                  # to be written to
      call put
      call put
      movw $2, %ax
      call notify
      movw $ready, %si
      call control
    1:hlt                           # it tells of its ports at once
      cmpw $0, 0x9002
      je 1b
      hlt
      cmpw $2, 0x9002               # the agent's alone: this is no guest in memory
      jb 2f
      movw $ports_open, %si         # the agent's too, as if there were one
      call control
      call control
      movw $0xc000, %di
      movw $2048, %ax
      movw $4096, %cx
      movw $0x3000, %si
      movw $2, %bx
      call put
      movw $6, %ax
      call notify
      movw $prepared, %si
      movw lengths, %cx
      call say
    1:hlt
      cmpw $0, 0xd002
      je 1b
      movw $applied, %si
      movw lengths + 2, %cx
      call say
    2:ret
    status:
      movw io, %dx
      addw $18, %dx
      outb %al, %dx
      ret
    queue:                          # ax: which, di: its pages, moved on
      movw io, %dx
      addw $14, %dx
      outw %ax, %dx
      movw %di, %ax
      shrw $12, %ax
      movzwl %ax, %eax
      movw io, %dx
      addw $8, %dx
      pushl %eax
      movw $0x1000, %cx
      xorw %ax, %ax
      rep stosw
      popl %eax
      outl %eax, %dx
      ret
    control:                        # si: what to say, moved on
      movw $0xa000, %di
      movw $512, %ax
      movw $8, %cx
      movw $0, %bx
      call put
      addw $8, %si
      movw $3, %ax
      jmp notify
    say:                            # si: what, cx: how long it is
      movw $0xe000, %di
      movw $2048, %ax
      movw $0, %bx
      call put
      movw $7, %ax
    notify:
      movw io, %dx
      addw $16, %dx
      outw %ax, %dx
      ret
    put:                            # di: the queue, ax: the length of its table, si and cx: what, bx: flags
      pushaw
      addw %di, %ax
      movw %ax, %bp                 # what is available
      movw 2(%bp), %ax
      shlw $4, %ax
      addw %ax, %di
      movzwl %si, %eax
      movl %eax, (%di)
      movzwl %cx, %eax
      movl %eax, 8(%di)
      movw %bx, 12(%di)
      movw 2(%bp), %ax
      movw %ax, %si
      addw %si, %si
      movw %ax, 4(%bp,%si)
      movw $1, (%bp)                # no interrupts
      incw 2(%bp)
      popaw
      ret
    io:
      .word 0
    ready:
      .long 0
      .word 0, 1
    ports_open:
      .long 1
      .word 6, 1
      .long 2
      .word 6, 1
    lengths:                        # of what is said: two words, and then two fields of 64 bytes
      .equ prepared, lengths + 4
      .equ applied, prepared + 64
"""

import struct

PREPARED = b'{"format":1,"state":"prepared"}\n'
APPLIED = b'{"format":1,"state":"applied"}\n'
_FIELD = 64  # bytes for what it says

_FIRST = bytes.fromhex(
    "ea057c000031c08ed88ec08ed0bc007cba0206b80001efbea37cb442b280cd13bec37ce86900e8d70131dbf4b401cd16743b"
    "b400cd163c3174293c32744c3c337438a2bb7c8026bb7c1f8006bb7c08bf0010b90002f3aabeb37cb80043b280cd13eb02fe"
    "c7b000e670e671ebbe84ff75baba0006edf6c40174b1beee7ce80f00ba0406b80020eff4ebfdb0fee664f4bafd03eca82074"
    "f8ac84c07406baf803eeebedc310000100007e00000100000000000000100001000010000001000000000000004c696e7578"
    "2076657273696f6e20302e302028612074657374277320626f6f7420736563746f72290d0a007265626f6f743a20506f7765"
    "7220646f776e0d0a"
)
_SECOND = bytes.fromhex(
    "66b804180080baf80c66efb80700bafc0cef66b810180080baf80c66efbafc0c66ed83e0fca3617fb000e8a300b003e89e00"
    "8b16617f83c20466b80200000066efbf0080b80200e88f00b80300e88900b80600e88300b80700e87d00b007e86f00bf0080"
    "b80002b94000be0020bb0200e8bb00e8b800b80200e8a900be637fe87d00f4833e02900074f8f4833e029002723dbe6b7fe8"
    "6700e86400bf00c0b80008b90010be0030bb0200e88100b80600e87200be7f7f8b0e7b7fe85900f4833e02d00074f8bebf7f"
    "8b0e7d7fe84700c38b16617f83c212eec38b16617f83c20eef89f8c1e80c660fb7c08b16617f83c2086650b9001031c0f3ab"
    "665866efc3bf00a0b80002b90800bb0000e8200083c608b80300eb0fbf00e0b80008bb0000e80c00b807008b16617f83c210"
    "efc36001f889c58b4602c1e00401c7660fb7c6668905660fb7c166894508895d0c8b460289c601f6894204c746000100ff46"
    "0261c30000000000000000010001000000060001000200000006000100"
)


def disk_image(size: int, prepared: bytes = PREPARED, applied: bytes = APPLIED) -> bytes:
    """A raw disk of this size that boots it; it says these lines."""
    said = struct.pack(f"<HH{_FIELD}s{_FIELD}s", len(prepared), len(applied), prepared, applied)
    assert len(_SECOND + said) <= 512
    return (_FIRST.ljust(510, b"\0") + b"\x55\xaa" + _SECOND + said).ljust(size, b"\0")
