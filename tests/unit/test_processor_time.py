"""What tests take of the processor, out of what the kernel says of each process."""

import pytest
from processor_time import Process, read, taken

_STAT = "{pid} ({name}) S {parent} 7 7 0 -1 4194560 100 200 0 0 11 5 300 20 20 0 1 0 1000 4096 10 1844674407\n"


@pytest.mark.parametrize("name", ["python", "a b", "1) S 2 (x"])
def test_the_time_of_a_process_is_its_own_and_that_of_those_it_has_waited_for(name: str) -> None:
    assert read(_STAT.format(pid=5, name=name, parent=3)) == Process(3, 11 + 5 + 300 + 20)


def test_all_that_come_from_a_process_count_and_nobody_else() -> None:
    processes = {1: Process(0, 1), 2: Process(1, 10), 3: Process(2, 100), 4: Process(3, 1000), 5: Process(1, 10_000)}
    assert taken(processes, 2) == 1110
    assert taken(processes, 5) == 10_000
    assert taken(processes, 6) == 0, "it has ended"


def test_a_process_that_runs_beside_does_not_count_and_nobody_who_comes_from_it() -> None:
    processes = {1: Process(0, 1), 2: Process(1, 10), 3: Process(2, 100), 4: Process(1, 1000)}
    assert taken(processes, 1, {2}) == 1001
