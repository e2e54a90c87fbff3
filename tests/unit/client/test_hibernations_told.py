"""The table of an instance's hibernations."""

from typing import Any

from kumoniwa.client import hibernations


def _told(**more: Any) -> dict[str, Any]:
    return {
        "asked_at": "2026-11-23T06:44:46.882Z",
        "request_id": "05f6ca61",
        "suspended_at": None,
        "size_bytes": None,
        "resumed_at": None,
        "ended_at": None,
        "because": None,
        **more,
    }


def test_every_hibernation_says_what_became_of_it() -> None:
    kept: dict[str, Any] = {"suspended_at": "2026-11-23T06:44:48.000Z", "size_bytes": 200 << 20}
    over = {"ended_at": "2026-11-23T07:00:00.000Z"}
    asked = ("2026-11-23 06:44:46", "05f6ca61")
    saved = ("06:44:48", "200 MiB")
    assert hibernations.rows(
        [
            _told(),
            _told(**over, because="The host's disk is full."),
            _told(**kept),
            _told(**kept, resumed_at="2026-11-23T07:00:01.500Z"),
            _told(**kept, **over, because="vol-1 was detached meanwhile."),
            _told(**kept, **over),
        ]
    ) == [
        (*asked, "", "", "", "under way"),
        (*asked, "", "", "", "shut down instead. The host's disk is full."),
        (*asked, *saved, "", "hibernated"),
        (*asked, *saved, "07:00:01", "went on in the same boot"),
        (*asked, *saved, "", "its memory was given up. vol-1 was detached meanwhile."),
        (*asked, *saved, "", "its memory was given up."),
    ]
