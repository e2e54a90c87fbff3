"""Kumoniwa's own routes below `/_kumoniwa/`: what a cloud knows, and EC2's API hides.

A route is read only unless it says POST.
"""

from kumoniwa.api.evidence.cut_evidence import image_evidence, snapshot_evidence
from kumoniwa.api.evidence.events import events
from kumoniwa.api.evidence.instance_evidence import instance_boots, instance_evidence
from kumoniwa.api.evidence.storage_routes import storage_check, storage_repair, storage_status
from kumoniwa.api.evidence.troubles import troubles

EXTENSIONS = {
    "/_kumoniwa/instances/{instance_id}": instance_evidence,
    "/_kumoniwa/instances/{instance_id}/boots": instance_boots,
    "/_kumoniwa/images/{image_id}": image_evidence,
    "/_kumoniwa/snapshots/{snapshot_id}": snapshot_evidence,
    "/_kumoniwa/events": events,
    "/_kumoniwa/troubles": troubles,
    "/_kumoniwa/storage": storage_status,
    "/_kumoniwa/storage/check": storage_check,
    "POST /_kumoniwa/storage/repair": storage_repair,
}
