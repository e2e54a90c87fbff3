"""What failed is told in little space, whatever it printed."""

from failures import Failure, listed, shortened

_TEST = """\
=================================== FAILURES ===================================
_____________________________ test_{number} ______________________________
tests/linux/test_it.py:1: in test_{number}
    helped()
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _
{code}
>       expect(button).to_be_visible()
E       AssertionError: Locator expected to be visible {number}
{listing}
tests/linux/test_it.py:99: AssertionError
----------------------------- Captured stdout call -----------------------------
{printed}
----------------------------------- Evidence -----------------------------------
is kept in build/evidence/test_{number}
"""


def test_each_failure_is_cut_to_its_beginning_its_error_and_the_end_of_what_was_captured() -> None:
    log = "".join(
        _TEST.format(
            number=number,
            code="\n".join(f"    code {line}" for line in range(500)),
            listing="\n".join(f"E         - link {line}" for line in range(500)),
            printed="\n".join(f"printed {line} {'x' * 1000}" for line in range(500)),
        )
        for number in range(3)
    )
    lines = shortened(log + "1 failed").splitlines()
    assert len(lines) < 3 * 80
    assert max(map(len, lines)) < 310
    for number in range(3):
        assert f"tests/linux/test_it.py:1: in test_{number}" in lines
        assert f"E       AssertionError: Locator expected to be visible {number}" in lines
        assert f"is kept in build/evidence/test_{number}" in lines
    assert sum(line.startswith("printed 499 ") for line in lines) == 3
    assert lines[-1] == "1 failed"


def test_an_error_that_many_have_is_shown_once() -> None:
    one, other = (
        _TEST.replace("visible {number}", "visible")
        .replace("in test_{number}", "in page")
        .format(number=number, code="    code", listing="E", printed=f"printed {number}")
        for number in (1, 2)
    )
    lines = shortened(one + other.partition("\n")[2]).splitlines()
    assert lines[: len(one.splitlines())] == one.splitlines()
    assert lines[len(one.splitlines()) :] == [
        "_____________________________ test_2 ______________________________",
        "as test_1: E       AssertionError: Locator expected to be visible",
    ]


def test_what_is_short_is_shown_whole() -> None:
    log = _TEST.format(number=1, code="    code", listing="E         - link", printed="printed").rstrip()
    assert shortened(log) == log


def test_the_end_names_each_failed_test_its_error_and_its_evidence_for_a_terminal() -> None:
    one = Failure(
        "tests/vm/test_a.py::test_a", "\n  \x1b]0;AssertionError:\x07 " + "x" * 5000 + "\n\nsecond\nthird", "b/e"
    )
    lines = list(listed([one]))
    assert lines[0] == "    tests/vm/test_a.py::test_a"
    assert lines[1].startswith("         ]0;AssertionError:  xxx") and len(lines[1]) < 320
    assert lines[2:] == ["        second", "        evidence: b/e"]


def test_of_very_many_failures_it_is_said_how_many_there_are() -> None:
    lines = list(listed([Failure(f"tests/vm/test_a.py::test_{number}", "no") for number in range(500)]))
    assert len(lines) == 41 and lines[-1] == "    and 480 more"
