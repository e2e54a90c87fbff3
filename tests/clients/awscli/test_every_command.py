"""Every action is a command of the AWS CLI: its skeletons, dry run and call; waits, pages and queries."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from aws_in_process import InProcess, Ran, answered
from botocore import xform_name
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from cloud_process import CloudProcess, Sdk
from command_lines import CommandLine, OfDebian
from every_action import EXAMPLES, IN_ORDER, REFUSED, WITHOUT_DRY_RUNS, Scene
from examples_of_waits import WAITS, WITHOUT_END
from other_clients import OtherClient, lonely_environment
from sampling import Sampling
from scene_of_commands import Remote, scene_on

from kumoniwa.api import cloudtrail, ec2_instance_connect, iam, kms, ssm, sts
from kumoniwa.api.registry import ACTIONS
from kumoniwa.modules import import_all

for service in (cloudtrail, ec2_instance_connect, iam, kms, ssm, sts):
    import_all(service)

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1800)]

_DATA = Path(botocore.__file__).parent / "data" / "ec2" / "2016-11-15"
_CLI_NAMES = {"elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2"}
"""Of services that the CLI calls otherwise than requests do."""
_PAGED = 3  # one in so many actions is paged in a run that does not have every client
_TRIED = 60  # actions whose output's skeleton, and dry run, are asked for in such a run
_CODE = "An error occurred ({}) when calling the {} operation"


@pytest.fixture(scope="module", params=["1", pytest.param("2", marks=pytest.mark.every_client)])
def version(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> str:
    """Of the AWS CLI."""
    if request.param == "2" and not pytestconfig.option.every_client:
        pytest.skip("version 2 takes long: make test-clients runs it")
    return str(request.param)


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the cloud imports from."""
    return tmp_path_factory.mktemp("disks")


@pytest.fixture(scope="module")
def cloud(version: str, disks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudProcess]:
    """A cloud for each version: the walk over all actions takes away what it was made for."""
    folder = tmp_path_factory.mktemp(f"cloud-{version}")
    with CloudProcess(folder, "--import-from", str(disks)) as cloud:
        yield cloud
        mistakes = [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")]
    assert mistakes == []


@pytest.fixture(scope="module")
def aws(
    version: str,
    cloud: CloudProcess,
    waiters: Path,
    other_client: Callable[[str], OtherClient],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CommandLine]:
    if version == "1":
        told = lonely_environment(cloud.environment(), tmp_path_factory.mktemp("home"))
        yield InProcess({**told, "AWS_DATA_PATH": str(waiters)})
    else:
        with OfDebian(other_client("awscli"), tmp_path_factory.mktemp("models")) as command_line:
            yield command_line


@pytest.fixture(scope="module")
def remote(cloud: CloudProcess, sdk: Sdk) -> Remote:
    return Remote(cloud, sdk)


@pytest.fixture(scope="module")
def known(remote: Remote, sdk: Sdk, disks: Path) -> Scene:
    """The scene of all examples, and things that are gone, for those who wait for that."""
    scene = scene_on(remote, disks)
    ec2 = sdk.client()
    launch = {"ImageId": scene["image"], "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    terminated = ec2.run_instances(**launch)["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[terminated])
    nat = ec2.create_nat_gateway(SubnetId=scene["default subnet"], ConnectivityType="private")["NatGateway"]
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    asyncio.run(remote.idle())
    ec2.delete_volume(VolumeId=volume)
    peering = ec2.create_vpc_peering_connection(VpcId=scene["own vpc"], PeerVpcId=scene["unused vpc"])
    peering_id = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering_id)
    task = ec2.import_snapshot(DiskContainer={"Format": "RAW", "Url": scene["disk"]})
    return {
        **scene,
        "terminated": terminated,
        "deleted nat": nat["NatGatewayId"],
        "deleted volume": volume,
        "deleted peering": peering_id,
        "import task": task["ImportTaskId"],
    }


def _command(name: str) -> str:
    return str(xform_name(name, "-"))


def _refused(ran: Ran, code: str, action: str) -> None:
    assert ran.status in (254, 255), f"{action}: {ran}"  # in version 1 all that fails is 255
    assert _CODE.format(code, action) in ran.err, f"{action}: {ran.err}"


def _model(aws: CommandLine, service: str) -> ServiceModel:
    return ServiceModel(aws.loader.load_service_model(service, "service-2"), service)


def _knows(aws: CommandLine, action: str, parameters: dict[str, Any]) -> bool:
    """Whether a version has the command and its parameters, which may be younger."""
    model = _model(aws, "ec2")
    if action not in model.operation_names:
        return False
    return not ParamValidator().validate(parameters, model.operation_model(action).input_shape).has_errors()


def _part(aws: CommandLine, kind: str) -> dict[str, Any]:
    """The waiters or the paginators that a version has."""
    part: dict[str, Any] = aws.loader.load_service_model("ec2", kind)
    return dict(part["waiters" if kind == "waiters-2" else "pagination"])


@pytest.mark.parametrize("service", sorted(ACTIONS))
def test_every_action_is_a_command_with_a_skeleton(service: str, aws: CommandLine) -> None:
    name = _CLI_NAMES.get(service, service)
    for action in sorted(ACTIONS[service].keys() & set(_model(aws, name).operation_names)):
        asked = aws.run(name, _command(action), "--generate-cli-skeleton", "input")
        assert isinstance(answered(asked), dict), action


@pytest.mark.parametrize("waiter", sorted(WAITS))
def test_a_wait_ends(waiter: str, aws: CommandLine, known: Scene) -> None:
    if waiter not in _part(aws, "waiters-2"):
        pytest.skip("this version has no such wait")
    ran = aws.run("ec2", "wait", _command(waiter), "--cli-input-json", aws.as_json(WAITS[waiter](known)))
    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_every_wait_for_an_action_that_is_built_has_an_example() -> None:
    waiters = json.loads((_DATA / "waiters-2.json").read_text())["waiters"]
    built = {name for name, waiter in waiters.items() if waiter["operation"] in ACTIONS["ec2"]}
    assert built == WAITS.keys() | WITHOUT_END


def _pages() -> dict[str, str]:
    """By action, the member that its pages have, of all actions that botocore pages."""
    pagination = json.loads((_DATA / "paginators-1.json").read_text())["pagination"]
    keys = {name: page["result_key"] for name, page in pagination.items() if name in ACTIONS["ec2"]}
    return {name: key if isinstance(key, str) else key[0] for name, key in keys.items() if name not in REFUSED}


_OF_WHICH: dict[str, dict[str, Any]] = {"DescribeSpotPriceHistory": {"InstanceTypes": ["t3.micro"]}}
"""Of a hundred thousand prices, those of one type: some other one's is new in each minute."""


@pytest.mark.parametrize("action", sorted(_pages()))
def test_pages_together_are_the_whole(
    action: str, aws: CommandLine, known: Scene, sampling: Sampling, pytestconfig: pytest.Config
) -> None:
    option = pytestconfig.option
    if not (option.every_client or sampling.exhaustive or sampling.random.randrange(_PAGED) == 0):
        pytest.skip(f"--seed {option.seed} chose others; --exhaustive and --every-client have all")
    member, asked = _pages()[action], {**EXAMPLES[action](known), **_OF_WHICH.get(action, {})}
    if action not in _part(aws, "paginators-1") or not _knows(aws, action, asked):
        pytest.skip("this version does not page it")
    words = ("ec2", _command(action), "--cli-input-json", aws.as_json(asked))
    whole = answered(aws.run(*words, "--query", member)) or []
    read: list[Any] = []
    token: list[object] = []
    for _ in range(20):
        page = answered(aws.run(*words, "--page-size", 5, "--max-items", 7, *token))
        read += page[member]
        if "NextToken" not in page:
            break
        assert len(page[member]) == 7
        token = ["--starting-token", page["NextToken"]]
    assert read == whole[: len(read)]
    assert len(read) == len(whole) or len(read) == 140
    assert answered(aws.run(*words, "--query", f"length({member} || `[]`)")) == len(whole)


def test_every_command_tells_what_it_answers_is_tried_and_is_done(
    version: str, aws: CommandLine, known: Scene, remote: Remote, sampling: Sampling, pytestconfig: pytest.Config
) -> None:
    """Every command is done in every run; what it would answer, and its dry run, are asked of some."""
    younger, every = [], pytestconfig.option.every_client
    tried = set(IN_ORDER if every else sampling.of(IN_ORDER, _TRIED))
    for action in IN_ORDER:
        parameters = EXAMPLES[action](known)
        if not _knows(aws, action, parameters):
            younger.append(action)
            continue
        words = ("ec2", _command(action), "--cli-input-json", aws.as_json(parameters))
        if action in tried:
            assert aws.run(*words, "--generate-cli-skeleton", "output").status == 0, action
        if action in tried and action not in WITHOUT_DRY_RUNS:
            _refused(aws.run(*words, "--dry-run"), REFUSED.get(action, "DryRunOperation"), action)
        ran = aws.run(*words)
        if action in REFUSED:
            _refused(ran, REFUSED[action], action)
        else:
            assert ran.status == 0, f"{action}: {ran.err}"
        asyncio.run(remote.idle())
    assert len(younger) < len(IN_ORDER) / 8 if version == "2" else younger == []


@pytest.mark.every_client
@pytest.mark.parametrize("version", ["2"], indirect=True)
def test_version_2_is_a_program_too(aws: OfDebian, sdk: Sdk) -> None:
    assert aws.as_program("--version").out.startswith(f"aws-cli/{aws.version} ")
    listed = aws.as_program("ec2", "describe-images", "--owners", "self", "--query", "Images[].ImageId")
    assert sdk.starting_image() in answered(listed)
    ran = aws.as_program("ec2", "describe-instances", "--instance-ids", "i-0123456789abcdef0")
    assert ran.status == 254 and _CODE.format("InvalidInstanceID.NotFound", "DescribeInstances") in ran.err
