"""Every parameter of the snapshot actions in EC2's model is known here: a new one in botocore is looked at, not missed.

What each does, or how it is refused, is in the tests of its action.
"""

import pytest
from model_parameters import parameters_of

TAGS = "TagSpecifications.ResourceType TagSpecifications.Tags.Key TagSpecifications.Tags.Value"
SNAPSHOT_OF = "InstanceSpecification.InstanceId InstanceSpecification.ExcludeBootVolume"
WHO = "CreateVolumePermission.{0}.UserId CreateVolumePermission.{0}.Group"

KNOWN = {
    "CreateSnapshot": f"VolumeId Description OutpostArn Location DryRun {TAGS}",
    "CreateSnapshots": f"""{SNAPSHOT_OF} InstanceSpecification.ExcludeDataVolumeIds Description OutpostArn Location
        CopyTagsFromSource DryRun {TAGS}""",
    "CopySnapshot": f"""SourceRegion SourceSnapshotId Description DestinationRegion PresignedUrl Encrypted KmsKeyId
        DestinationOutpostArn DestinationAvailabilityZone CompletionDurationMinutes DryRun {TAGS}""",
    "DeleteSnapshot": "SnapshotId DryRun",
    "DescribeSnapshots": """SnapshotIds OwnerIds RestorableByUserIds Filters.Name Filters.Values MaxResults NextToken
        DryRun""",
    "DescribeSnapshotAttribute": "SnapshotId Attribute DryRun",
    "ModifySnapshotAttribute": f"""SnapshotId Attribute OperationType UserIds GroupNames {WHO.format("Add")}
        {WHO.format("Remove")} DryRun""",
    "ResetSnapshotAttribute": "SnapshotId Attribute DryRun",
}


@pytest.mark.parametrize("action", KNOWN)
def test_every_parameter_of_the_model_is_known(action: str) -> None:
    assert parameters_of(action) == set(KNOWN[action].split())
