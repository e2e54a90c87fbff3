"""DeleteSnapshot."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.snapshots.locked_snapshots import check_not_locked
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error
from kumoniwa.store import snapshots, tags
from kumoniwa.workflows.stories.layers.collect_layers import collect_layers
from kumoniwa.workflows.story import submit


@action("DeleteSnapshot")
async def delete_snapshot(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a snapshot that no image needs and no lock keeps.

    What only it held is collected afterwards; other snapshots keep theirs.
    """
    snapshot_id: str = parameters["SnapshotId"]
    SNAPSHOT.check_form([snapshot_id])

    def delete(connection: Connection) -> Answer:
        snapshot = named(connection, call.scope, SNAPSHOT, snapshot_id)
        check_not_locked(connection, snapshot, call.at)
        if users := snapshots.images_using(connection, snapshot_id):
            raise Ec2Error(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {', '.join(users)}"
            )
        snapshots.remove(connection, snapshot_id)
        tags.remove_all(connection, snapshot_id)
        submit(connection, collect_layers, origin(call))
        return None

    return await cloud.change(call, delete)
