"""Tables as a person sees them."""

from kumoniwa.client.terminal import plain, table

AMI, INSTANCE = "ami-0cfe02c943bd5cb49", "i-02c1fed13b2f7c756"


def test_ids_stay_whole_in_a_narrow_terminal_so_that_they_can_be_copied() -> None:
    columns = ("image", "name", "state", "created", "cut", "of")
    row = (AMI, "debian-12-amd64-simulated", "available", "2026-11-23T07:49:49.000Z", "at-rest", INSTANCE)
    told = plain(table(columns, [row]), width=80)
    assert AMI in told
    assert INSTANCE in told
    assert max(len(line) for line in told.splitlines()) <= 80
