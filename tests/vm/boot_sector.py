"""A guest that fits in a boot sector: it boots in a tenth of a second and does what keys tell it.

It says a kernel's first line on its serial console; shuts down at the power button (key 1: ignores it from now on);
2: reboots itself; 3: powers itself off; a letter: writes a sector full of it, each its own.
It answers a key by setting its clock, of which QEMU tells. Assembled from (GNU as, --32, linked at 0x7c00):

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
      xorw %bx, %bx                 # bh: ignore the power button
      movw $banner, %si
      call print
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
    packet:                         # of int 13h: one sector from 0x1000
      .byte 16, 0
      .word 1, 0x1000, 0
    sector:
      .quad 1
    banner:
      .asciz "Linux version 0.0 (a test's boot sector)\r\n"
    farewell:
      .asciz "reboot: Power down\r\n"
"""

_CODE = bytes.fromhex(
    "ea057c000031c08ed88ec08ed0bc007cba0206b80001ef31dbbea27ce85f00f4b401cd167436b400cd163c3174243c327447"
    "3c337433a29a7c80269a7c1fbf0010b90002f3aabe927cb80043b280cd13eb02fec7b000e670e671ebc384ff75bfba0006ed"
    "f6c40174b6becd7ce80f00ba0406b80020eff4ebfdb0fee664f4bafd03eca82074f8ac84c07406baf803eeebedc310000100"
    "0010000001000000000000004c696e75782076657273696f6e20302e302028612074657374277320626f6f7420736563746f"
    "72290d0a007265626f6f743a20506f77657220646f776e0d0a"
)


def disk_image(size: int) -> bytes:
    """A raw disk of this size that boots it."""
    return (_CODE.ljust(510, b"\0") + b"\x55\xaa").ljust(size, b"\0")
