"""KMS's keys: their ARNs, and when the next rotation is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kumoniwa.model.kms_keys import KeyManager, KeyState, KmsKey, arn_of, next_rotation

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = "12345678-90ab-4cde-8f01-234567890abc"
KEY = KmsKey(ID, "123456789012", "eu-west-1", BEGUN, "", KeyManager.CUSTOMER, KeyState.ENABLED, material="sealed")


def test_a_key_is_named_by_its_arn() -> None:
    assert arn_of(KEY) == f"arn:aws:kms:eu-west-1:123456789012:key/{ID}"


def test_a_key_does_not_show_what_it_encrypts_with() -> None:
    assert "sealed" not in repr(KEY)


def test_the_next_rotation_is_a_whole_number_of_periods_after_the_first_day() -> None:
    rotated = replace(KEY, rotation_days=90, rotates_since=BEGUN)
    for days, due in ((0, 90), (89, 90), (90, 180), (200, 270)):
        assert next_rotation(rotated, BEGUN + timedelta(days=days)) == BEGUN + timedelta(days=due), days
    assert next_rotation(KEY, BEGUN) is None
