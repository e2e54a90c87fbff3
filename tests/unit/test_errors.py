"""Refusals."""

from kumoniwa.errors import MOST_MESSAGE, Ec2Error


def test_a_refusal_names_a_thousand_ids_and_repeats_no_more_than_that() -> None:
    ids = [f"i-{number:017x}" for number in range(1, 1001)]
    assert Ec2Error("InvalidInstanceID.NotFound", ", ".join(ids)).message.endswith("3e8")
    refused = Ec2Error("InvalidParameterValue", "x" * 1_000_000)
    assert refused.message == "x" * MOST_MESSAGE + "…"
