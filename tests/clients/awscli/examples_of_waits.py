"""What `aws … wait` is told to wait for, by waiter: something of the scene that is as it waits for."""

from every_action import Example

WAITS: dict[str, Example] = {
    "ImageAvailable": lambda its: {"ImageIds": [its["image"]]},
    "ImageExists": lambda its: {"ImageIds": its["images"]},
    "InstanceExists": lambda its: {"InstanceIds": [its["instance"], its["large"]]},
    "InstanceRunning": lambda its: {"InstanceIds": [its["instance"]]},
    "InstanceStatusOk": lambda its: {"InstanceIds": [its["instance"]]},
    "InstanceStopped": lambda its: {"InstanceIds": [its["large"]]},
    "InstanceTerminated": lambda its: {"InstanceIds": [its["terminated"]]},
    "InternetGatewayExists": lambda its: {"InternetGatewayIds": [its["gateway"]]},
    "KeyPairExists": lambda its: {"KeyNames": ["old"]},
    "NatGatewayAvailable": lambda its: {"NatGatewayIds": [its["public nat"]]},
    "NatGatewayDeleted": lambda its: {"NatGatewayIds": [its["deleted nat"]]},
    "NetworkInterfaceAvailable": lambda its: {"NetworkInterfaceIds": [its["spare interface"]]},
    "SecurityGroupExists": lambda its: {"GroupIds": [its["group"]]},
    "SecurityGroupVpcAssociationAssociated": lambda its: {
        "Filters": [{"Name": "group-id", "Values": [its["shared group"]]}]
    },
    "SecurityGroupVpcAssociationDisassociated": lambda its: {
        "Filters": [{"Name": "group-id", "Values": [its["own group"]]}]
    },
    "SnapshotCompleted": lambda its: {"SnapshotIds": [its["snapshot"]]},
    "SnapshotImported": lambda its: {"ImportTaskIds": [its["import task"]]},
    "SpotInstanceRequestFulfilled": lambda its: {"SpotInstanceRequestIds": [its["spot request"]]},
    "SubnetAvailable": lambda its: {"SubnetIds": [its["subnet"]]},
    "SystemStatusOk": lambda its: {"InstanceIds": [its["instance"]]},
    "VolumeAvailable": lambda its: {"VolumeIds": [its["free"]]},
    "VolumeDeleted": lambda its: {"VolumeIds": [its["deleted volume"]]},
    "VolumeInUse": lambda its: {"VolumeIds": [its["attached"]]},
    "VpcAvailable": lambda its: {"VpcIds": [its["vpc"]]},
    "VpcExists": lambda its: {"VpcIds": [its["own vpc"]]},
    "VpcPeeringConnectionDeleted": lambda its: {"VpcPeeringConnectionIds": [its["deleted peering"]]},
    "VpcPeeringConnectionExists": lambda its: {"VpcPeeringConnectionIds": [its["peering"]]},
}
WITHOUT_END = {
    "PasswordDataAvailable": "a Linux instance never has a password, on EC2 too",
    "CustomerGatewayAvailable": "there are no customer gateways",
    "VpnConnectionAvailable": "there are no VPN connections",
    "VpnConnectionDeleted": "likewise",
}
