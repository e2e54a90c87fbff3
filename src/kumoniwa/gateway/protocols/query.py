"""The plain query protocol, as STS and IAM speak it: lists have a `member` level, answers a result within them."""

from pathlib import Path
from typing import Any

from kumoniwa.errors import Ec2Error
from kumoniwa.gateway.protocols.answers import escaped
from kumoniwa.gateway.protocols.codec import Codec, Protocol
from kumoniwa.gateway.protocols.parameters import Names


def query_codec(service: str, version: str, namespace: str, kept_in: Path | None = None) -> Codec:
    """The codec of a service that speaks the query protocol, such as `sts`. See `Codec` for where its model is kept."""

    def answer(action: str, request_id: str, version: str) -> tuple[str, str]:
        return (
            f'<{action}Response xmlns="{namespace}"><{action}Result>',
            f"</{action}Result><ResponseMetadata><RequestId>{escaped(request_id)}</RequestId></ResponseMetadata>"
            f"</{action}Response>",
        )

    def error(error: Ec2Error, request_id: str) -> str:
        return refusal(error, request_id, namespace)

    return Codec(service, version, Protocol(Names(_wire_name, list_level="member"), answer, error), kept_in)


def refusal(error: Ec2Error, request_id: str, namespace: str) -> str:
    """A refusal in the envelope that most services of AWS have in common."""
    side = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{side}</Type><Code>{escaped(error.code)}</Code>'
        f"<Message>{escaped(error.message)}</Message></Error><RequestId>{escaped(request_id)}</RequestId></ErrorResponse>"
    )


def _wire_name(member: str, serialization: dict[str, Any]) -> str:
    return str(serialization.get("name", member))
