"""An event as CloudTrail tells it: what its history shows, and the whole record in JSON."""

import json
from typing import Any

from kumoniwa.api.cloudtrail.event_resources import resources_of
from kumoniwa.api.trail import Elements
from kumoniwa.clock import precise
from kumoniwa.model.trail_events import TrailEvent

_VERSION = "1.09"


def source_of(service: str) -> str:
    """How CloudTrail names a service."""
    return f"{service}.amazonaws.com"


def event_output(event: TrailEvent, elements: Elements) -> dict[str, Any]:
    """An event as LookupEvents shows it."""
    return {
        "EventId": event.event_id,
        "EventName": event.action,
        "ReadOnly": "true" if event.is_read else "false",
        "AccessKeyId": event.access_key,
        "EventTime": event.at.replace(microsecond=0),
        "EventSource": source_of(event.service),
        "Username": event.username,
        "Resources": [{"ResourceType": kind, "ResourceName": name} for name, kind in resources_of(event).items()],
        "CloudTrailEvent": json.dumps(record(event, elements), ensure_ascii=False),
    }


def record(event: TrailEvent, elements: Elements) -> dict[str, Any]:
    """The whole event, as CloudTrail writes it."""
    asked, answered = elements(event)
    whole: dict[str, Any] = {
        "eventVersion": _VERSION,
        "userIdentity": json.loads(event.identity),
        "eventTime": f"{precise(event.at)[:19]}Z",
        "eventSource": source_of(event.service),
        "eventName": event.action,
        "awsRegion": event.region,
        "sourceIPAddress": event.source,
        "userAgent": event.agent,
    }
    if event.error_code is not None:
        whole["errorCode"] = _code(event)
        whole["errorMessage"] = event.error_message
    whole |= {
        "requestParameters": asked,
        "responseElements": answered,
        "requestID": event.request_id,
        "eventID": event.event_id,
        "readOnly": event.is_read,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": event.account,
        "eventCategory": "Management",
    }
    if event.by_console:
        whole["sessionCredentialFromConsole"] = "true"
    return whole


def _code(event: TrailEvent) -> str:
    """The code of a refusal: EC2's say whose fault it was."""
    if event.service != "ec2":
        return event.error_code or ""
    side = "Server" if event.error_code in ("InternalError", "Unavailable") else "Client"
    return f"{side}.{event.error_code}"
