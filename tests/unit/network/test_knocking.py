"""What is known of who listens where."""

import struct

import pytest

from kumoniwa.network import doors
from kumoniwa.network.doors import Doors
from kumoniwa.network.handshakes import answered, first


class Clock:
    """Goes on when it is told to."""

    seconds = 1000.0


SSH, WEB = ("10.0.0.4", 22), ("10.0.0.4", 80)


def test_a_door_is_shut_until_somebody_answers_and_when_nobody_does_any_more() -> None:
    known = Doors()
    assert not known.listens(SSH)
    assert known.hear([SSH], {SSH: True})
    assert known.listens(SSH)
    assert not known.hear([SSH], {SSH: True})
    silent = [known.hear([SSH], {}) for _ in range(4)]
    assert silent == [False, False, False, True]
    assert not known.listens(SSH)


def test_a_door_at_which_it_is_refused_is_shut_at_once() -> None:
    known = Doors()
    known.trust(SSH)
    assert known.listens(SSH)
    assert known.hear([SSH, WEB], {SSH: False})
    assert not known.listens(SSH)
    known.trust(SSH)
    assert not known.listens(SSH), "more is known of it"


def test_a_guest_that_was_heard_is_silent_where_it_says_nothing() -> None:
    known, clock = Doors(lambda: clock.seconds), Clock()
    assert known.hear([SSH, WEB], {SSH: True})
    assert not known.is_silent(WEB), "an answer may be on its way"
    clock.seconds += 2
    assert known.hear([SSH, WEB], {SSH: True})
    assert known.is_silent(WEB) and not known.is_silent(SSH)
    assert known.hear([WEB], {WEB: False})
    assert not known.is_silent(WEB), "it is refused"
    known.hear([WEB], {})
    clock.seconds += 1
    assert not known.hear([WEB], {}), "an answer may be on its way"
    clock.seconds += 1
    assert known.hear([WEB], {}) and known.is_silent(WEB)


def test_a_guest_that_was_never_heard_is_silent_everywhere() -> None:
    known, clock = Doors(lambda: clock.seconds), Clock()
    assert known.is_silent(SSH)
    assert not known.hear([SSH, WEB], {})
    clock.seconds += 60
    assert not known.hear([SSH, WEB], {}), "it boots"
    assert known.is_silent(SSH) and known.is_silent(WEB)
    assert known.hear([SSH, WEB], {SSH: False}), "its kernel answers, and nothing listens yet"
    assert not known.is_silent(SSH)
    known.trust(WEB)
    assert not known.is_silent(WEB)


def test_what_nobody_asked_of_is_not_believed() -> None:
    known = Doors()
    assert not known.hear([SSH], {WEB: True})
    assert not known.listens(WEB)


def test_each_of_many_doors_comes_to_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_MOST_OF_A_TURN", 3)
    known, many = Doors(), {("10.0.0.4", port) for port in range(7)}
    turns = [known.turn(many) for _ in range(3)]
    assert [len(turn) for turn in turns] == [3, 3, 1]
    assert {door for turn in turns for door in turn} == many


def test_a_door_that_is_open_is_asked_more_seldom_and_one_that_is_new_more_often() -> None:
    known, clock = Doors(lambda: clock.seconds), Clock()

    def asked(door: tuple[str, int], seconds: float) -> int:
        until, times = clock.seconds + seconds, 0
        while clock.seconds < until:
            times += door in known.turn([SSH, WEB])
            clock.seconds += known.pause
        return times

    assert 90 < asked(WEB, 10) <= 101
    clock.seconds += 120
    assert 18 < asked(WEB, 10) <= 21
    known.hear([SSH], {SSH: True})
    assert 4 <= asked(SSH, 10) <= 6
    known.hear([SSH], {SSH: False})
    assert 90 < asked(SSH, 10) <= 101, "its guest boots again"


def test_an_open_door_that_does_not_answer_is_shut_within_two_seconds_of_the_first_question() -> None:
    known, clock = Doors(lambda: clock.seconds), Clock()
    known.hear(known.turn([SSH]), {SSH: True})
    clock.seconds += 2
    began, asked = clock.seconds, known.turn([SSH])
    assert asked == [SSH]
    while known.listens(SSH):
        clock.seconds += known.pause
        known.hear(asked, {})
        asked = known.turn([SSH])
    assert 1.5 <= clock.seconds - began <= 2.0


def test_a_door_that_is_asked_no_more_is_forgotten() -> None:
    known = Doors()
    known.hear([SSH], {SSH: True})
    known.turn([WEB])
    assert not known.listens(SSH)


def test_a_first_segment_is_whole() -> None:
    """Its checksum, over all of it and the addresses, is zero: RFC 9293."""
    segment = first("10.0.0.1", "10.0.0.4", 22)
    pseudo = bytes([10, 0, 0, 1, 10, 0, 0, 4, 0, 6, 0, len(segment)])
    total = sum(struct.unpack(f"!{(len(pseudo) + len(segment)) // 2}H", pseudo + segment))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
    assert struct.unpack("!HH", segment[:4]) == (9, 22)
    assert segment[13] == 0x02


@pytest.mark.parametrize(
    ("flags", "meaning"),
    [(0x12, (22, True)), (0x14, (22, False)), (0x04, (22, False)), (0x10, None), (0x02, None)],
    ids=["SYN ACK", "RST ACK", "RST", "ACK", "SYN"],
)
def test_an_answer_is_read_by_its_flags(flags: int, meaning: object) -> None:
    segment = struct.pack("!HHIIBBHHH", 22, 9, 1, 1, 5 << 4, flags, 0, 0, 0)
    for options in (0, 1):
        header = bytes([0x45 + options]) + bytes(19 + 4 * options)
        assert answered(header + segment) == meaning
        assert answered((header + segment)[:30]) is None


def test_rubbish_is_no_answer() -> None:
    assert answered(b"") is None
    assert answered(b"\x4f" + bytes(40)) is None
