"""The program that is booted to see whether KVM can really run guests: a boot sector.

It goes from real mode to long mode with paging, exchanges 16 bytes, counts to 300 million, takes ten timer interrupts
between `hlt`s, writes a line to the serial port and powers off. Assembled from (GNU as, --64, linked at 0x7c00):

    .code16
    _start:
      ljmp $0,$1f
    1: xorw %ax,%ax
      movw %ax,%ds
      movw %ax,%es
      movw %ax,%ss
      movw $0x7c00,%sp
      cli
      # page tables at 0x1000: PML4, 0x2000 PDPT, 0x3000 PD (2 MiB pages)
      movw $0x1000,%di
      movw $0x1800,%cx
      xorw %ax,%ax
      rep stosw
      movl $0x2003,0x1000
      movl $0x3003,0x2000
      movl $0x83,0x3000
      # IDT entry 0x20 at 0x4000+0x200
      movw $timer,0x4200
      movw $8,0x4202
      movw $0x8e00,0x4204
      lgdt gdtr
      lidt idtr
      movl %cr4,%eax
      orl $0x20,%eax
      movl %eax,%cr4
      movl $0x1000,%eax
      movl %eax,%cr3
      movl $0xc0000080,%ecx
      rdmsr
      orl $0x100,%eax
      wrmsr
      movl %cr0,%eax
      orl $0x80000001,%eax
      movl %eax,%cr0
      ljmp $8,$long
    .code64
    long:
      # PIC: vectors from 0x20, only the timer
      movb $0x11,%al
      outb %al,$0x20
      movb $0x20,%al
      outb %al,$0x21
      movb $4,%al
      outb %al,$0x21
      movb $1,%al
      outb %al,$0x21
      movb $0xfe,%al
      outb %al,$0x21
      # Every kernel does this at once; where KVM has to emulate a guest's instructions, it cannot: seen of one that
      # runs without the processor's help (kvm-pvm), under which a Linux ends before its first line.
      movl $0x5000,%esi
      xorl %eax,%eax
      movq %rax,(%rsi)
      movq %rax,8(%rsi)
      xorl %edx,%edx
      xorl %ecx,%ecx
      movl $1,%ebx
      lock cmpxchg16b (%rsi)
      jnz off
      # A moment's work for a processor, and a minute's where each instruction is emulated.
      movl $300000000,%ecx
    5: decl %ecx
      jnz 5b
      xorl %ebx,%ebx
      sti
    wait:
      hlt
      cmpl $10,%ebx
      jb wait
      movl $marker,%esi
    p: movw $0x3fd,%dx
    4: inb %dx,%al
      testb $0x20,%al
      jz 4b
      lodsb
      testb %al,%al
      jz off
      movw $0x3f8,%dx
      outb %al,%dx
      jmp p
    off:
      movw $0x604,%dx
      movw $0x2000,%ax
      outw %ax,%dx
      hlt
      jmp off
    timer:
      incl %ebx
      pushq %rax
      movb $0x20,%al
      outb %al,$0x20
      popq %rax
      iretq
    .align 8
    gdt: .quad 0
     .quad 0x00209a0000000000
     .quad 0x0000920000000000
    gdtr: .word 23
     .long gdt
    idtr: .word 0x3ff
     .long 0x4000
    marker: .asciz "kumoniwa: long mode, timer\r\n"
    .org 510
    .word 0xaa55
"""

MARKER = "kumoniwa: long mode, timer"

_CODE = bytes.fromhex(
    "ea057c000031c08ed88ec08ed0bc007cfabf0010b9001831c0f3ab66c70600100320000066c70600200330000066c7060030"
    "83000000c7060042f17cc70602420800c7060442008e0f0116187d0f011e1e7d0f20e06683c8200f22e066b8001000000f22"
    "d866b9800000c00f32660d000100000f300f20c0660d010000800f22c0ea867c0800b011e620b020e621b004e621b001e621"
    "b0fee621be0050000031c04889064889460831d231c9bb01000000f0480fc70e752cb900a3e111ffc975fc31dbfbf483fb0a"
    "72fabe247d000066bafd03eca82074fbac84c0740766baf803eeebeb66ba040666b8002066eff4ebf3ffc350b020e6205848"
    "cf0f1f440000000000000000000000000000009a200000000000009200001700007d0000ff03004000006b756d6f6e697761"
    "3a206c6f6e67206d6f64652c2074696d65720d0a"
)


def disk_image() -> bytes:
    """A raw disk of 1 MiB that boots it (firmware does not boot from smaller ones)."""
    return (_CODE.ljust(510, b"\0") + b"\x55\xaa").ljust(1024 * 1024, b"\0")
