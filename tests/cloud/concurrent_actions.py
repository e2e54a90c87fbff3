"""What is answered where two actions meet, and how both end: a table, which `docs/concurrent-actions.md` is made of.

`test_concurrent_actions.py` has each pair meet. In its rows, from left to right: the second action, what it is told at
once, the instance in the end, the volume in the end, what the second action made. What an action made of the data
volume says which of three writes it holds: ① before the first action, ② while that is held, ③ after the second was
answered. Words in capitals are REFUSALS.
"""

from dataclasses import dataclass
from typing import NamedTuple

from two_actions import Held


class Refusal(NamedTuple):
    """EC2's refusal, and where it is known from (the marks of docs/sources.md)."""

    code: str
    message: str
    known_from: str


class Pair(NamedTuple):
    """A second action and what becomes of all."""

    second: str
    answer: str
    instance: str
    volume: str
    makes: str


@dataclass(frozen=True)
class During:
    """A first action, what holds it, what it makes in the end whatever comes second, and what may come second."""

    held: Held
    while_: str
    makes: str
    pairs: str

    @property
    def rows(self) -> list[Pair]:
        return [Pair(*(cell.strip() for cell in line.split("|"))) for line in self.pairs.strip().splitlines()]


@dataclass(frozen=True)
class Unfinished:
    """What is still being made, and what is asked of it: the action, what is told at once, what is so in the end."""

    what: str
    pairs: str

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        lines = [line.split("|") for line in self.pairs.strip().splitlines()]
        return [(second.strip(), answer.strip(), end.strip()) for second, answer, end in lines]


REFUSALS = {
    "IN USE": Refusal("VolumeInUse", "vol-… is already attached to an instance", "OBS"),
    "ATTACHED": Refusal("VolumeInUse", "Volume vol-… is currently attached to i-…", "OBS"),
    "ROOT": Refusal("IncorrectState", "Unable to detach root volume 'vol-…' from instance 'i-…'", "OBS"),
    "NOT RUNNING": Refusal("IncorrectState", "Instance 'i-…' is not 'running'.", "OBS"),
    "MODIFYING": Refusal(
        "IncorrectModificationState", "Volume vol-… cannot be modified in modification state MODIFYING", "OBS"
    ),
    "REPLACING": Refusal("IncorrectState", "The root volume of the instance 'i-…' is being replaced already.", "INF"),
    "CANNOT REPLACE": Refusal(
        "IncorrectInstanceState",
        "The instance 'i-…' is not in the 'running' state.",
        "M, running instances only; code and text INF",
    ),
    "NEVER RAN": Refusal(
        "IncorrectInstanceState",
        "Instance 'i-…' cannot be stopped as it has never reached the 'running' state.",
        "OBS; INF for an instance that was started again",
    ),
    "CANNOT STOP": Refusal(
        "IncorrectInstanceState", "This instance 'i-…' is not in a state from which it can be stopped.", "OBS"
    ),
    "CANNOT START": Refusal(
        "IncorrectInstanceState", "The instance 'i-…' is not in a state from which it can be started.", "OBS"
    ),
    "CANNOT REBOOT": Refusal(
        "IncorrectInstanceState", "Instance 'i-…' cannot be rebooted as it is not in the 'running' state.", "INF"
    ),
    "CANNOT SNAP": Refusal(
        "IncorrectInstanceState", "The instance 'i-…' is not in a state from which snapshots can be created.", "INF"
    ),
    "CANNOT IMAGE": Refusal(
        "InvalidParameterValue",
        "Invalid value 'i-…' for instanceId. Instance is not in state 'running' or 'stopping' or 'stopped'",
        "OBS",
    ),
    "CANNOT MODIFY": Refusal(
        "IncorrectInstanceState",
        "The instance 'i-…' is not in a state in which its attributes can be modified.",
        "OBS; text INF",
    ),
    "NOT STOPPED": Refusal("IncorrectInstanceState", "The instance 'i-…' is not in the 'stopped' state.", "OBS"),
    "SNAPSHOT PENDING": Refusal("IncorrectState", "Snapshot is in invalid state - pending", "OBS of CreateVolume; INF"),
    "NOT COMPLETED": Refusal(
        "IncorrectState", "Snapshot 'snap-…' is not 'completed'.", "OBS of CreateVolume, once; INF"
    ),
    "CANNOT RUN": Refusal("InvalidAMIID.Unavailable", "AMI 'ami-…' is pending, and cannot be run", "OBS"),
    "CANNOT COPY": Refusal("InvalidAMIID.Unavailable", "AMI 'ami-…' is pending, and cannot be copied", "INF"),
    "IMAGE PENDING": Refusal(
        "InvalidAMIID.Unavailable",
        "The AMI ID 'ami-…' is currently pending and may not be used for this operation",
        "OBS of ModifyImageAttribute; INF for DisableImage",
    ),
    "NAME TAKEN": Refusal("InvalidAMIName.Duplicate", "AMI name golden is already in use by AMI ami-…", "OBS"),
    "SNAPSHOT IN USE": Refusal("InvalidSnapshot.InUse", "The snapshot snap-… is currently in use by ami-…", "OBS"),
    "NOT AVAILABLE": Refusal("IncorrectState", "vol-… is not 'available'.", "OBS"),
    "CREATING": Refusal("IncorrectState", "Volume 'vol-…' is in the 'creating' state.", "OBS of DetachVolume; INF"),
    "CANNOT DELETE": Refusal("IncorrectState", "The volume 'vol-…' is 'creating'", "M, if available; text INF"),
}

KNOWN = {
    ("*", "ModifyInstanceAttribute"): "UG: running or stopped",
    ("*", "RebootInstances"): "M: only queued",
    ("TerminateInstances", "RebootInstances"): "M: ignored",
    ("TerminateInstances", "TerminateInstances"): "M: each call succeeds",
    ("RunInstances", "TerminateInstances"): "INF",
    ("StopInstances", "CreateImage"): "OBS: accepted while stopping",
    ("StopInstances", "CreateImage NoReboot"): "OBS: accepted while stopping",
    ("StopInstances", "StopInstances"): "M: repeated with Force",
    ("DetachVolume, not followed", "DetachVolume Force"): "M: repeated with Force",
    ("DetachVolume, not followed", "RebootInstances"): "M: a reboot may free it",
    ("CreateSnapshot", "DetachVolume"): "M: in use while pending",
    ("CreateSnapshots", "DetachVolume"): "M: in use while pending",
    ("CreateSnapshots", "StopInstances"): "M: in use while pending",
    ("*", "CreateSnapshot"): "M: of a volume in use",
    ("*", "CreateSnapshot of the root"): "M: of a volume in use",
    ("the snapshot of an unattached volume", "DeleteSnapshot"): "UG; there once it is completed",
    ("the snapshot of an unattached volume", "DeleteVolume"): "UG: snapshots stay",
}
"""Where it is known from that a second action is accepted; all else is inferred."""

DURING = {
    "AttachVolume": During(
        Held("AttachVolume", at="ensure_attached"),
        "the volume is being attached to the guest",
        makes="–",
        pairs="""
    AttachVolume                 | IN USE         | running, 1 boot     | attached         | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | attached         | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | attached         | –
    ModifyVolume                 | modifying      | running, 1 boot     | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | attached         | completed
    CreateSnapshot of the root   | pending        | running, 1 boot     | attached         | completed
    CreateSnapshots              | pending        | running, 1 boot     | attached         | completed ①②③
    CreateImage                  | pending        | running, 2 boots    | attached         | at-rest ①②③
    CreateImage NoReboot         | pending        | running, 1 boot     | attached         | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | attached         | –
    StartInstances               | running        | running, 1 boot     | attached         | –
    RebootInstances              | accepted       | running, 2 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | attached         | –
    """,
    ),
    "DetachVolume": During(
        Held("DetachVolume", at="ensure_detached"),
        "the guest has been asked to release the volume, and does so",
        makes="–",
        pairs="""
    AttachVolume                 | IN USE         | running, 1 boot     | available        | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | available        | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | available        | –
    ModifyVolume                 | modifying      | running, 1 boot     | available, 2 GiB | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | available        | completed ①②③
    CreateSnapshot of the root   | pending        | running, 1 boot     | available        | completed
    CreateSnapshots              | pending        | running, 1 boot     | available        | completed without it
    CreateImage                  | pending        | running, 2 boots    | available        | at-rest without it
    CreateImage NoReboot         | pending        | running, 1 boot     | available        | crash-consistent without it
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | available        | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | available        | –
    StartInstances               | running        | running, 1 boot     | available        | –
    RebootInstances              | accepted       | running, 2 boots    | available        | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | available        | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | available        | –
    """,
    ),
    "DetachVolume, not followed": During(
        Held("DetachVolume", at="ensure_detached", busy=True),
        "the guest has been asked to release the volume, and does not",
        makes="–",
        pairs="""
    AttachVolume                 | IN USE         | running, 1 boot     | busy             | –
    DetachVolume                 | detaching      | running, 1 boot     | busy             | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | busy             | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | busy             | –
    ModifyVolume                 | modifying      | running, 1 boot     | busy, 2 GiB      | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | busy             | completed ①②③
    CreateSnapshot of the root   | pending        | running, 1 boot     | busy             | completed
    CreateSnapshots              | pending        | running, 1 boot     | busy             | completed without it
    CreateImage                  | pending        | running, 2 boots    | busy             | at-rest without it
    CreateImage NoReboot         | pending        | running, 1 boot     | busy             | crash-consistent without it
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | busy             | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | available        | –
    StartInstances               | running        | running, 1 boot     | busy             | –
    RebootInstances              | accepted       | running, 2 boots    | busy             | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | busy             | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | busy             | –
    """,
    ),
    "DetachVolume Force": During(
        Held("DetachVolume Force", at="ensure_detached", busy=True),
        "the guest has been asked to release the volume, does not, and loses it",
        makes="–",
        pairs="""
    AttachVolume                 | IN USE         | running, 1 boot     | available        | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | available        | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | available        | –
    ModifyVolume                 | modifying      | running, 1 boot     | available, 2 GiB | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | available        | completed ①②③
    CreateSnapshot of the root   | pending        | running, 1 boot     | available        | completed
    CreateSnapshots              | pending        | running, 1 boot     | available        | completed without it
    CreateImage                  | pending        | running, 2 boots    | available        | at-rest without it
    CreateImage NoReboot         | pending        | running, 1 boot     | available        | crash-consistent without it
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | available        | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | available        | –
    StartInstances               | running        | running, 1 boot     | available        | –
    RebootInstances              | accepted       | running, 2 boots    | available        | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | available        | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | available        | –
    """,
    ),
    "ModifyVolume": During(
        Held("ModifyVolume", at="ensure_grown"),
        "the volume is about to grow while the guest uses it",
        makes="completed, 2 GiB",
        pairs="""
    AttachVolume                 | attaching      | running, 1 boot     | attached         | –
    DetachVolume                 | detaching      | running, 1 boot     | available, 2 GiB | –
    DetachVolume Force           | detaching      | running, 1 boot     | available, 2 GiB | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | attached, 2 GiB  | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | attached, 2 GiB  | –
    ModifyVolume                 | MODIFYING      | running, 1 boot     | attached, 2 GiB  | –
    CreateSnapshot               | pending        | running, 1 boot     | attached, 2 GiB  | completed ①②③
    CreateSnapshot of the root   | pending        | running, 1 boot     | attached, 2 GiB  | completed
    CreateSnapshots              | pending        | running, 1 boot     | attached, 2 GiB  | completed ①②③
    CreateImage                  | pending        | running, 2 boots    | attached, 2 GiB  | at-rest ①②③
    CreateImage NoReboot         | pending        | running, 1 boot     | attached, 2 GiB  | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | attached, 2 GiB  | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | attached, 2 GiB  | –
    StartInstances               | running        | running, 1 boot     | attached, 2 GiB  | –
    RebootInstances              | accepted       | running, 2 boots    | attached, 2 GiB  | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available, 2 GiB | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | attached, 2 GiB  | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | attached, 2 GiB  | –
    """,
    ),
    "CreateSnapshot": During(
        Held("CreateSnapshot", at="ensure_cut"),
        "the volume's snapshot is about to be taken",
        makes="completed ①②③",
        pairs="""
    AttachVolume                 | attaching      | running, 1 boot     | attached         | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | attached         | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | attached         | –
    ModifyVolume                 | modifying      | running, 1 boot     | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | attached         | completed ①②③
    CreateSnapshot of the root   | pending        | running, 1 boot     | attached         | completed
    CreateSnapshots              | pending        | running, 1 boot     | attached         | completed ①②③
    CreateImage                  | pending        | running, 2 boots    | attached         | at-rest ①②③
    CreateImage NoReboot         | pending        | running, 1 boot     | attached         | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | attached         | –
    StartInstances               | running        | running, 1 boot     | attached         | –
    RebootInstances              | accepted       | running, 2 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | attached         | –
    """,
    ),
    "CreateSnapshots": During(
        Held("CreateSnapshots", at="measure"),
        "the snapshots have been taken, and are being completed",
        makes="completed ①",
        pairs="""
    AttachVolume                 | attaching      | running, 1 boot     | attached         | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | attached         | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | attached         | –
    ModifyVolume                 | modifying      | running, 1 boot     | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | attached         | completed ①②
    CreateSnapshot of the root   | pending        | running, 1 boot     | attached         | completed
    CreateSnapshots              | pending        | running, 1 boot     | attached         | completed ①②
    CreateImage                  | pending        | running, 2 boots    | attached         | at-rest ①②
    CreateImage NoReboot         | pending        | running, 1 boot     | attached         | crash-consistent ①②
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | attached         | –
    StartInstances               | running        | running, 1 boot     | attached         | –
    RebootInstances              | accepted       | running, 2 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | attached         | –
    """,
    ),
    "CreateImage": During(
        Held("CreateImage", at="ensure_shut_down", deaf=True),
        "the guest is being shut down, and does not respond",
        makes="at-rest ①②③",
        pairs="""
    AttachVolume                 | attaching      | running, 2 boots    | attached         | –
    DetachVolume                 | detaching      | running, 2 boots    | available        | –
    DetachVolume Force           | detaching      | running, 2 boots    | available        | –
    DetachVolume of the root     | ROOT           | running, 2 boots    | attached         | –
    DeleteVolume                 | ATTACHED       | running, 2 boots    | attached         | –
    ModifyVolume                 | modifying      | running, 2 boots    | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 2 boots    | attached         | completed ①②③
    CreateSnapshot of the root   | pending        | running, 2 boots    | attached         | completed
    CreateSnapshots              | pending        | running, 2 boots    | attached         | completed ①②③
    CreateImage                  | pending        | running, 3 boots    | attached         | at-rest ①②③
    CreateImage NoReboot         | pending        | running, 2 boots    | attached         | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | pending        | running, 3 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 2 boots    | attached         | –
    StartInstances               | running        | running, 2 boots    | attached         | –
    RebootInstances              | accepted       | running, 3 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 2 boots | available        | –
    ModifyInstanceAttribute      | accepted       | running, 2 boots    | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 2 boots    | attached         | –
    """,
    ),
    "CreateImage, being completed": During(
        Held("CreateImage", at="measure"),
        "the guest runs again, and the snapshots are being completed",
        makes="at-rest ①",
        pairs="""
    AttachVolume                 | attaching      | running, 2 boots    | attached         | –
    DetachVolume                 | detaching      | running, 2 boots    | available        | –
    DetachVolume Force           | detaching      | running, 2 boots    | available        | –
    DetachVolume of the root     | ROOT           | running, 2 boots    | attached         | –
    DeleteVolume                 | ATTACHED       | running, 2 boots    | attached         | –
    ModifyVolume                 | modifying      | running, 2 boots    | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 2 boots    | attached         | completed ①②
    CreateSnapshot of the root   | pending        | running, 2 boots    | attached         | completed
    CreateSnapshots              | pending        | running, 2 boots    | attached         | completed ①②
    CreateImage                  | pending        | running, 3 boots    | attached         | at-rest ①②
    CreateImage NoReboot         | pending        | running, 2 boots    | attached         | crash-consistent ①②
    CreateReplaceRootVolumeTask  | pending        | running, 3 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 2 boots    | attached         | –
    StartInstances               | running        | running, 2 boots    | attached         | –
    RebootInstances              | accepted       | running, 3 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 2 boots | available        | –
    ModifyInstanceAttribute      | accepted       | running, 2 boots    | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 2 boots    | attached         | –
    """,
    ),
    "CreateImage NoReboot": During(
        Held("CreateImage NoReboot", at="ensure_cut"),
        "the volumes' snapshots are about to be taken",
        makes="crash-consistent ①②③",
        pairs="""
    AttachVolume                 | attaching      | running, 1 boot     | attached         | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | attached         | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | attached         | –
    ModifyVolume                 | modifying      | running, 1 boot     | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | attached         | completed ①②③
    CreateSnapshot of the root   | pending        | running, 1 boot     | attached         | completed
    CreateSnapshots              | pending        | running, 1 boot     | attached         | completed ①②③
    CreateImage                  | pending        | running, 2 boots    | attached         | at-rest ①②③
    CreateImage NoReboot         | pending        | running, 1 boot     | attached         | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | pending        | running, 2 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 1 boot     | attached         | –
    StartInstances               | running        | running, 1 boot     | attached         | –
    RebootInstances              | accepted       | running, 2 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | attached         | –
    """,
    ),
    "CreateReplaceRootVolumeTask": During(
        Held("CreateReplaceRootVolumeTask", at="ensure_off", deaf=True),
        "the guest is being shut down, and does not respond",
        makes="succeeded",
        pairs="""
    AttachVolume                 | attaching      | running, 2 boots    | attached         | –
    DetachVolume                 | detaching      | running, 2 boots    | available        | –
    DetachVolume Force           | detaching      | running, 2 boots    | available        | –
    DetachVolume of the root     | ROOT           | running, 2 boots    | attached         | –
    DeleteVolume                 | ATTACHED       | running, 2 boots    | attached         | –
    ModifyVolume                 | modifying      | running, 2 boots    | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 2 boots    | attached         | completed ①②③
    CreateSnapshot of the root   | pending        | running, 2 boots    | attached         | completed
    CreateSnapshots              | pending        | running, 2 boots    | attached         | completed ①②③
    CreateImage                  | pending        | running, 3 boots    | attached         | crash-consistent ①②③
    CreateImage NoReboot         | pending        | running, 2 boots    | attached         | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | REPLACING      | running, 2 boots    | attached         | –
    StopInstances                | stopping       | stopped, 2 boots    | attached         | –
    StartInstances               | running        | running, 2 boots    | attached         | –
    RebootInstances              | accepted       | running, 3 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 2 boots | available        | –
    ModifyInstanceAttribute      | accepted       | running, 2 boots    | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 2 boots    | attached         | –
    """,
    ),
    "StopInstances": During(
        Held("StopInstances", at="ensure_off", deaf=True),
        "the guest is being shut down, and does not respond",
        makes="–",
        pairs="""
    AttachVolume                 | NOT RUNNING    | stopped, 1 boot     | available        | –
    DetachVolume                 | detaching      | stopped, 1 boot     | available        | –
    DetachVolume Force           | detaching      | stopped, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | stopped, 1 boot     | attached         | –
    DeleteVolume                 | ATTACHED       | stopped, 1 boot     | attached         | –
    ModifyVolume                 | modifying      | stopped, 1 boot     | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | stopped, 1 boot     | attached         | completed ①②③
    CreateSnapshot of the root   | pending        | stopped, 1 boot     | attached         | completed
    CreateSnapshots              | pending        | stopped, 1 boot     | attached         | completed ①②③
    CreateImage                  | pending        | stopped, 1 boot     | attached         | at-rest ①②③
    CreateImage NoReboot         | pending        | stopped, 1 boot     | attached         | at-rest ①②③
    CreateReplaceRootVolumeTask  | CANNOT REPLACE | stopped, 1 boot     | attached         | –
    StopInstances                | stopping       | stopped, 1 boot     | attached         | –
    StartInstances               | CANNOT START   | stopped, 1 boot     | attached         | –
    RebootInstances              | CANNOT REBOOT  | stopped, 1 boot     | attached         | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | stopped, 1 boot     | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | stopped, 1 boot     | attached         | –
    """,
    ),
    "StartInstances": During(
        Held("StartInstances", at="ensure_running"),
        "the guest is about to start",
        makes="–",
        pairs="""
    AttachVolume                 | NOT RUNNING    | running, 2 boots    | available        | –
    DetachVolume                 | detaching      | running, 2 boots    | available        | –
    DetachVolume Force           | detaching      | running, 2 boots    | available        | –
    DetachVolume of the root     | ROOT           | running, 2 boots    | attached         | –
    DeleteVolume                 | ATTACHED       | running, 2 boots    | attached         | –
    ModifyVolume                 | modifying      | running, 2 boots    | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 2 boots    | attached         | completed ①
    CreateSnapshot of the root   | pending        | running, 2 boots    | attached         | completed
    CreateSnapshots              | CANNOT SNAP    | running, 2 boots    | attached         | –
    CreateImage                  | CANNOT IMAGE   | running, 2 boots    | attached         | –
    CreateImage NoReboot         | CANNOT IMAGE   | running, 2 boots    | attached         | –
    CreateReplaceRootVolumeTask  | CANNOT REPLACE | running, 2 boots    | attached         | –
    StopInstances                | NEVER RAN      | running, 2 boots    | attached         | –
    StartInstances               | pending        | running, 2 boots    | attached         | –
    RebootInstances              | CANNOT REBOOT  | running, 2 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 2 boots | available        | –
    ModifyInstanceAttribute      | accepted       | running, 2 boots    | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 2 boots    | attached         | –
    """,
    ),
    "RebootInstances": During(
        Held("RebootInstances", at="ensure_shut_down", deaf=True),
        "the guest is being shut down, and does not respond",
        makes="–",
        pairs="""
    AttachVolume                 | attaching      | running, 2 boots    | attached         | –
    DetachVolume                 | detaching      | running, 2 boots    | available        | –
    DetachVolume Force           | detaching      | running, 2 boots    | available        | –
    DetachVolume of the root     | ROOT           | running, 2 boots    | attached         | –
    DeleteVolume                 | ATTACHED       | running, 2 boots    | attached         | –
    ModifyVolume                 | modifying      | running, 2 boots    | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 2 boots    | attached         | completed ①②③
    CreateSnapshot of the root   | pending        | running, 2 boots    | attached         | completed
    CreateSnapshots              | pending        | running, 2 boots    | attached         | completed ①②③
    CreateImage                  | pending        | running, 3 boots    | attached         | at-rest ①②③
    CreateImage NoReboot         | pending        | running, 2 boots    | attached         | crash-consistent ①②③
    CreateReplaceRootVolumeTask  | pending        | running, 3 boots    | attached         | succeeded
    StopInstances                | stopping       | stopped, 2 boots    | attached         | –
    StartInstances               | running        | running, 2 boots    | attached         | –
    RebootInstances              | accepted       | running, 3 boots    | attached         | –
    TerminateInstances           | shutting-down  | terminated, 2 boots | available        | –
    ModifyInstanceAttribute      | accepted       | running, 2 boots    | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 2 boots    | attached         | –
    """,
    ),
    "TerminateInstances": During(
        Held("TerminateInstances", at="ensure_off", deaf=True),
        "the guest is being shut down, and does not respond",
        makes="–",
        pairs="""
    AttachVolume                 | NOT RUNNING    | terminated, 1 boot  | available        | –
    DetachVolume                 | detaching      | terminated, 1 boot  | available        | –
    DetachVolume Force           | detaching      | terminated, 1 boot  | available        | –
    DetachVolume of the root     | ROOT           | terminated, 1 boot  | available        | –
    DeleteVolume                 | ATTACHED       | terminated, 1 boot  | available        | –
    ModifyVolume                 | modifying      | terminated, 1 boot  | available, 2 GiB | completed, 2 GiB
    CreateSnapshot               | pending        | terminated, 1 boot  | available        | completed ①②③
    CreateSnapshot of the root   | pending        | terminated, 1 boot  | available        | completed
    CreateSnapshots              | CANNOT SNAP    | terminated, 1 boot  | available        | –
    CreateImage                  | CANNOT IMAGE   | terminated, 1 boot  | available        | –
    CreateImage NoReboot         | CANNOT IMAGE   | terminated, 1 boot  | available        | –
    CreateReplaceRootVolumeTask  | CANNOT REPLACE | terminated, 1 boot  | available        | –
    StopInstances                | CANNOT STOP    | terminated, 1 boot  | available        | –
    StartInstances               | CANNOT START   | terminated, 1 boot  | available        | –
    RebootInstances              | accepted       | terminated, 1 boot  | available        | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | CANNOT MODIFY  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute type | CANNOT MODIFY  | terminated, 1 boot  | available        | –
    """,
    ),
    "RunInstances": During(
        Held("RunInstances", at="ensure_running"),
        "the guest is about to start for the first time",
        makes="–",
        pairs="""
    AttachVolume                 | NOT RUNNING    | running, 1 boot     | available        | –
    DetachVolume                 | detaching      | running, 1 boot     | available        | –
    DetachVolume Force           | detaching      | running, 1 boot     | available        | –
    DetachVolume of the root     | ROOT           | running, 1 boot     | attached         | –
    DeleteVolume                 | ATTACHED       | running, 1 boot     | attached         | –
    ModifyVolume                 | modifying      | running, 1 boot     | attached, 2 GiB  | completed, 2 GiB
    CreateSnapshot               | pending        | running, 1 boot     | attached         | completed
    CreateSnapshot of the root   | pending        | running, 1 boot     | attached         | completed
    CreateSnapshots              | CANNOT SNAP    | running, 1 boot     | attached         | –
    CreateImage                  | CANNOT IMAGE   | running, 1 boot     | attached         | –
    CreateImage NoReboot         | CANNOT IMAGE   | running, 1 boot     | attached         | –
    CreateReplaceRootVolumeTask  | CANNOT REPLACE | running, 1 boot     | attached         | –
    StopInstances                | NEVER RAN      | running, 1 boot     | attached         | –
    StartInstances               | pending        | running, 1 boot     | attached         | –
    RebootInstances              | CANNOT REBOOT  | running, 1 boot     | attached         | –
    TerminateInstances           | shutting-down  | terminated, 1 boot  | available        | –
    ModifyInstanceAttribute      | accepted       | running, 1 boot     | attached         | –
    ModifyInstanceAttribute type | NOT STOPPED    | running, 1 boot     | attached         | –
    """,
    ),
}

UNFINISHED = [
    Unfinished(
        "the snapshot of an unattached volume",
        """
    CreateVolume                | SNAPSHOT PENDING | completed
    CopySnapshot                | NOT COMPLETED    | completed
    RegisterImage               | NOT COMPLETED    | completed
    RunInstances with it        | SNAPSHOT PENDING | completed
    CreateImage with it         | SNAPSHOT PENDING | completed
    ModifySnapshotAttribute     | accepted         | completed
    CreateSnapshot              | pending          | completed
    AttachVolume                | attaching        | completed
    DeleteVolume                | accepted         | completed
    DeleteSnapshot              | accepted         | gone
    """,
    ),
    Unfinished(
        "the image of an instance",
        """
    RunInstances                | CANNOT RUN       | available
    CreateReplaceRootVolumeTask | CANNOT RUN       | available
    CopyImage                   | CANNOT COPY      | available
    ModifyImageAttribute        | IMAGE PENDING    | available
    DisableImage                | IMAGE PENDING    | available
    EnableImageDeprecation      | accepted         | available
    CreateImage of its name     | NAME TAKEN       | available
    CreateVolume of its snapshot | SNAPSHOT PENDING | available
    DeleteSnapshot of its own   | SNAPSHOT IN USE  | available
    DeregisterImage             | accepted         | gone
    """,
    ),
    Unfinished(
        "a volume",
        """
    AttachVolume                | NOT AVAILABLE    | available
    DetachVolume                | CREATING         | available
    ModifyVolume                | CREATING         | available
    CreateSnapshot              | CREATING         | available
    DeleteVolume                | CANNOT DELETE    | available
    """,
    ),
]


def known_from(first: str, second: str, answer: str) -> str:
    """Where this answer is known from."""
    if answer in REFUSALS:
        return REFUSALS[answer].known_from
    return KNOWN.get((first, second)) or KNOWN.get(("*", second)) or "INF"
