"""The command line: arguments are read here and nothing is done here.

What a command needs is imported when it runs, so that `kumoniwa --help` answers at once.
Exit status: 0 done, 1 failed (a sentence on standard error says why), 2 used wrongly, 130 interrupted.
"""

import json
import shlex
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from kumoniwa.config import (
    DEFAULT_PORT,
    DEFAULT_REGION,
    DRIVERS,
    NETWORKS,
    Config,
    default_data_dir,
    default_database,
    default_network,
)
from kumoniwa.model.regions import REGIONS

_INTERRUPTED = 130


class Commands(click.Group):
    """The commands, in the order in which a person meets them; failures become sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except _said_in_a_sentence() as failure:
            from kumoniwa.logs import printable

            click.echo(f"kumoniwa: {printable(str(failure), lines=True)}", err=True)
            ctx.exit(getattr(failure, "status", 1))
        except _interruptions():
            click.echo("kumoniwa: interrupted", err=True)
            ctx.exit(_INTERRUPTED)


def data_dir_option(command: Any) -> Any:
    """The option that says which cloud is meant."""
    return click.option(
        "--data-dir",
        # Whoever reads the folder reports one that cannot be read, and says whose it is.
        type=click.Path(path_type=Path, file_okay=False, resolve_path=True, readable=False),
        default=default_data_dir,
        show_default="$KUMONIWA_DATA_DIR or the user's data folder",
        help="The cloud's folder.",
    )(command)


def json_option(command: Any) -> Any:
    """The option of commands whose answer a program may read."""
    return click.option("--json", "as_json", is_flag=True, help="Answer with JSON, for programs.")(command)


def _warn_of_password(address: str, better_kept: str) -> None:
    """Where a password was given as an argument, say where it is better kept. The address is not shown."""
    import re
    from urllib.parse import parse_qs

    # As libpq reads it, which is not as RFC 3986 does: what is before the @ may hold any other sign.
    in_front = re.match(r"[a-z]+://[^/@:]*:[^/@]+@", address)
    if in_front or parse_qs(address.partition("?")[2]).keys() & {"password", "sslpassword"}:
        click.echo(
            f"kumoniwa: every user of this host sees the password in the arguments of this command: {better_kept}.",
            err=True,
        )


def _warn_of_given_password(context: click.Context) -> None:
    """The same, of the option that `database_option` adds."""
    if context.get_parameter_source("database") is ParameterSource.COMMANDLINE:
        better_kept = "put it into ~/.pgpass, or the address into $KUMONIWA_DATABASE"
        _warn_of_password(context.params["database"], better_kept)


def database_option(command: Any) -> Any:
    """The option that says where a cloud's state is."""
    return click.option(
        "--database",
        metavar="URL",
        default=default_database,
        show_default="$KUMONIWA_DATABASE, else a file in the cloud's folder",
        help="The PostgreSQL database of the state: postgresql://USER@HOST:PORT/NAME, as libpq reads it. All users of"
        " this host see a command's arguments: a password belongs into ~/.pgpass, $PGPASSFILE, $PGPASSWORD or this"
        " variable.",
    )(command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Kumoniwa: an Amazon EC2 on your own machine, with a real virtual machine behind every instance.

    \b
    First steps:
      kumoniwa doctor                    is everything there?
      kumoniwa serve                     start a cloud (leave it running)
      eval "$(kumoniwa env)"             point the AWS CLI at it
      kumoniwa ami build debian-12       make an AMI to launch from
      aws ec2 run-instances --image-id ami-… --instance-type t3.micro …
      kumoniwa console                   or do it in a browser

    \b
    Or see all of it happen by itself:
      kumoniwa demo
    """
    from kumoniwa.modules import hidden

    with hidden("colorama", "greenlet", "rich"):  # structlog imports them where they are; we have no use for that
        from kumoniwa.logs import log_warnings

    log_warnings()


@main.command(short_help="Run a cloud until Ctrl-C.")
@data_dir_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port to listen on; 0 takes a free port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--region",
    type=click.Choice(list(REGIONS)),
    metavar="REGION",
    default=DEFAULT_REGION,
    show_default=True,
    help="The region that `kumoniwa env` points at.",
)
@click.option(
    "--driver",
    type=click.Choice(DRIVERS),
    default="qemu",
    show_default=True,
    help="qemu: real guests. simulated: guests in memory, for tests of your automation.",
)
@click.option(
    "--network",
    type=click.Choice(NETWORKS),
    default=default_network,
    show_default="auto",
    help="vpc: guests reach each other as their VPC has it. user: each is alone. auto: vpc where this host lets us.",
)
@click.option(
    "--host-filter/--no-host-filter",
    default=True,
    show_default=True,
    help="Where the server may, drop what is sent to instances' public addresses (127.x.y.z) and not admitted, by a "
    "table of its own in this host's packet filter. Else well-known ports alone are silent, and others are refused.",
)
@click.option(
    "--freeze",
    is_flag=True,
    help="Freeze the file systems of running guests for snapshots and images without reboot, "
    "unless their tag kumoniwa:freeze says otherwise.",
)
@click.option(
    "--import-from",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    multiple=True,
    metavar="FOLDER",
    help="Let ImportSnapshot take disks of this folder, beside the folder imports in the data folder; "
    "may be given several times. `kumoniwa ami import` takes any disk that you can read.",
)
@database_option
@click.option(
    "--ephemeral",
    is_flag=True,
    help="For tests: a cloud in a folder of its own that ends, with all that is in it, when the server or the process "
    "that started it ends. The first line on standard output is JSON: endpoint, keys, control_token. Takes a free port "
    "and simulated guests, where no option says otherwise.",
)
@click.pass_context
def serve(
    context: click.Context,
    data_dir: Path,
    port: int,
    host: str,
    region: str,
    driver: str,
    network: str,
    *,
    host_filter: bool,
    freeze: bool,
    import_from: tuple[Path, ...],
    database: str,
    ephemeral: bool,
) -> None:
    """Run a cloud until Ctrl-C. Its guests go on running; the next `serve` finds them again.

    \b
    Examples:
      kumoniwa serve
      kumoniwa serve --driver simulated --port 4599 --data-dir /tmp/cloud
      kumoniwa serve --database postgresql://kumoniwa@db.example/cloud
      kumoniwa serve --ephemeral
    """
    import gc

    if ephemeral:
        given = {name for name in context.params if context.get_parameter_source(name) is not ParameterSource.DEFAULT}
        if "data_dir" in given:
            raise click.UsageError("--ephemeral makes a folder of its own: leave out --data-dir.")
        if "database" in given:
            raise click.UsageError("--ephemeral keeps nothing: leave out --database.")
        database = ""
        port, driver = (port if "port" in given else 0), (driver if "driver" in given else "simulated")

    _warn_of_given_password(context)
    gc.disable()  # nearly all that a start makes is to stay: the server enables it once it listens
    from kumoniwa import store
    from kumoniwa.logs import log_facts
    from kumoniwa.modules import deferred, modules_in

    config = Config(
        data_dir=data_dir,
        host=host,
        port=port,
        driver=driver,
        network=network,
        host_filter=host_filter,
        region=region,
        freeze=freeze,
        import_from=import_from,
        database=database,
    )
    # SQLAlchemy asks the one for dialects that it does not have itself; the other finds programs, of real guests. Most
    # of what is stored nobody asks for until there is some of it.
    needless = deferred("importlib.metadata", "shutil", *modules_in(store))
    if ephemeral:
        with needless:
            from kumoniwa.app import ephemeral as server_for_tests
        log_facts()
        server_for_tests.run(config, announce=lambda ready: click.echo(json.dumps(ready)))
        return
    from kumoniwa.folder import owned
    from kumoniwa.store.new_state import made_meanwhile

    with owned(data_dir):
        with nullcontext() if database else made_meanwhile(data_dir), needless:
            from kumoniwa.app import serve as server
        log_facts()
        server.run(config, on_listening=lambda endpoint: click.echo(_welcome(config, endpoint)))


@main.command(short_help="Check what this host lacks, and what to do about it.")
@data_dir_option
@json_option
@click.option(
    "--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True, help="The API port to check."
)
def doctor(data_dir: Path, as_json: bool, port: int) -> None:
    """Check whether this host has what is needed, and say what to do about what is missing.

    Exit status 1 when something that is needed is missing.
    """
    from kumoniwa.client.doctor import examine, is_fit, report
    from kumoniwa.client.interrupt import run_interruptible

    findings = run_interruptible(examine(data_dir, port))
    report(findings, as_json=as_json)
    sys.exit(0 if is_fit(findings) else 1)


@main.command(short_help="Print the settings that point the AWS CLI at the cloud.")
@data_dir_option
@json_option
def env(data_dir: Path, as_json: bool) -> None:
    """Print the environment variables that point the AWS CLI and the SDKs at the running cloud.

    \b
    Example:
      eval "$(kumoniwa env)" && aws sts get-caller-identity
    """
    from kumoniwa.client.access import exports, find_cloud

    access = find_cloud(data_dir)
    click.echo(json.dumps(access.environment(), indent=2) if as_json else exports(access))


@main.command(short_help="Open the console in a browser, signed in.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@data_dir_option
def console(data_dir: Path, no_browser: bool) -> None:
    """Open the running cloud's console in a browser, signed in. There is no account and no password.

    Where there is no browser to open, it prints an address that is good once, for a minute.
    """
    from kumoniwa.client.open_console import open_console

    open_console(data_dir, browser=not no_browser)


@main.group(cls=Commands)
def ami() -> None:
    """Make and list AMIs."""


@ami.command("build")
@click.argument("recipe", type=click.Choice(["debian-12"]))
@click.option("--disk-only", is_flag=True, help="Build the disk and print its path; needs no running cloud.")
@click.option("--fast", is_flag=True, help="Also prepare it for fast launch, and wait until that is done.")
@data_dir_option
@json_option
def ami_build(recipe: str, data_dir: Path, as_json: bool, disk_only: bool, fast: bool) -> None:
    """Build an AMI from Debian's packages. Takes a minute or two the first time; the disk is kept for later clouds.

    With --fast, instances of it are launched from memory, without a boot (docs/fast-launch.md).

    \b
    Examples:
      kumoniwa ami build debian-12
      kumoniwa ami build debian-12 --fast
    """
    from kumoniwa.client.commands import build_debian, build_debian_disk

    if disk_only and fast:
        raise click.UsageError("--fast is for an AMI, and --disk-only makes none. Leave one of them out.")
    if disk_only:
        build_debian_disk(as_json=as_json)
    else:
        build_debian(data_dir, fast=fast, as_json=as_json)


@ami.command("import", short_help="Make an AMI of a disk of your own.")
@click.argument("disk", type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True), metavar="FILE")
@click.option("--name", required=True, help="The AMI's name; no other AMI may have it.")
@click.option("--description", default="", help="The AMI's description.")
@click.option(
    "--boot-mode",
    type=click.Choice(["legacy-bios", "uefi", "uefi-preferred"]),
    help="The firmware that its instances boot with.  [default: legacy-bios]",
)
@data_dir_option
@json_option
def ami_import(disk: Path, name: str, description: str, boot_mode: str | None, data_dir: Path, as_json: bool) -> None:
    """Make an AMI of a raw or qcow2 disk that boots by its own bootloader, such as a distribution's cloud image.

    \b
    Example:
      kumoniwa ami import debian-12-generic-amd64.qcow2 --name debian-12-generic
      kumoniwa ami import fedora.raw --name fedora --boot-mode uefi
    """
    from kumoniwa.client.commands import import_disk
    from kumoniwa.client.images import NewImage

    image = NewImage(name=name, description=description, boot_mode=boot_mode)
    import_disk(data_dir, disk, image, as_json=as_json)


@ami.command("list", short_help="List the AMIs, and how consistent their disks are.")
@data_dir_option
@json_option
def ami_list(data_dir: Path, as_json: bool) -> None:
    """List the AMIs, and how consistent the disks of each are: at rest, frozen or crash-consistent."""
    from kumoniwa.client.commands import list_images

    list_images(data_dir, as_json=as_json)


@main.group(cls=Commands)
def key() -> None:
    """Make, list and delete access keys, each of a user whose name says who called."""


@key.command("create", short_help="Make an access key of a user.")
@click.argument("user", metavar="USER")
@data_dir_option
@json_option
def key_create(user: str, data_dir: Path, as_json: bool) -> None:
    """Make an access key of a user, and print it as lines for a shell. A user of that name is made where there is none.

    Causes of boots, and whatever else says who called, name arn:aws:iam::ACCOUNT:user/USER. Each key may do everything.

    \b
    Examples:
      kumoniwa key create backup-job
      eval "$(kumoniwa env)" && eval "$(kumoniwa key create backup-job)"
    """
    from kumoniwa.client.keys import create_key

    create_key(data_dir, user, as_json=as_json)


@key.command("list", short_help="List the access keys.")
@data_dir_option
@json_option
def key_list(data_dir: Path, as_json: bool) -> None:
    """List the access keys, and whose they are. The first is the cloud's own, which `kumoniwa env` prints."""
    from kumoniwa.client.keys import list_keys

    list_keys(data_dir, as_json=as_json)


@key.command("delete", short_help="Delete an access key.")
@click.argument("access_key_id", metavar="KEY")
@data_dir_option
def key_delete(access_key_id: str, data_dir: Path) -> None:
    """Delete an access key: what it signs is refused at once. Its user stays, until `aws iam delete-user`.

    \b
    Example:
      kumoniwa key delete AKIAIOSFODNN7EXAMPLE
    """
    from kumoniwa.client.keys import delete_key

    delete_key(data_dir, access_key_id)


@main.group(cls=Commands)
def spot() -> None:
    """Interrupt Spot Instances, as the Fault Injection Service of AWS does."""


@spot.command("interrupt", short_help="Give a Spot Instance its interruption notice.")
@click.argument("instance", metavar="INSTANCE")
@data_dir_option
@json_option
def spot_interrupt(instance: str, data_dir: Path, as_json: bool) -> None:
    """Give a Spot Instance its interruption notice. Its guest finds it in its metadata (spot/instance-action), and two
    minutes later the instance is terminated, or stopped if its request asks for that.

    \b
    Example:
      kumoniwa spot interrupt i-0123456789abcdef0
    """
    from kumoniwa.client.commands import interrupt_spot

    interrupt_spot(data_dir, instance, as_json=as_json)


@main.group(cls=Commands)
def storage() -> None:
    """Show how much room the disks take, and check their files."""


@storage.command("status", short_help="Show how much room the disks take, and how much is left.")
@data_dir_option
@database_option
@json_option
@click.pass_context
def storage_status(context: click.Context, data_dir: Path, database: str, as_json: bool) -> None:
    """Show how much room the disks take, how much is left, and how long their chains of layers are.

    Works with and without a running server; only without one, --database is read. Exit status 2 if it could not look.
    """
    from kumoniwa.client.storage import print_status

    _warn_of_given_password(context)
    print_status(data_dir, database=database, as_json=as_json)


@storage.command("check", short_help="Check that every disk file is intact.")
@click.option("--repair", is_flag=True, help="First repair what is certain.")
@data_dir_option
@database_option
@json_option
@click.pass_context
def storage_check(context: click.Context, repair: bool, data_dir: Path, database: str, as_json: bool) -> None:
    """Compare every layer's file with the database, byte by byte if the layer no longer changes.

    For each fault it names the file, what is wrong with it, and the volumes, snapshots and images that depend on it.
    Works with and without a running server; only without one, --database is read. Changes nothing without --repair.

    \b
    Exit status: 0 every file is intact, 1 a file is not, 2 it could not look.

    \b
    Examples:
      kumoniwa storage check
      kumoniwa storage check --repair --json
    """
    from kumoniwa.client.storage import check

    _warn_of_given_password(context)
    sys.exit(0 if check(data_dir, database=database, repair=repair, as_json=as_json) else 1)


@main.group(cls=Commands)
def state() -> None:
    """Move what a cloud knows to another database."""


@state.command("copy", short_help="Copy the state to PostgreSQL, or back.")
@click.option("--to", metavar="URL", default="", help="The empty database that the folder's state is copied to.")
@click.option("--from", "source", metavar="URL", default="", help="The database that it is copied back from.")
@data_dir_option
@json_option
def state_copy(to: str, source: str, data_dir: Path, as_json: bool) -> None:
    """Copy the state of a cloud to PostgreSQL, or from there back into its folder, and compare every table.

    From then on the cloud is served from where it was copied to. Its disks stay where they are. No server may run on
    either side, and nothing is overwritten: what was copied from stays as a copy.

    \b
    Examples:
      kumoniwa state copy --to postgresql://kumoniwa@db.example/cloud
      kumoniwa state copy --from postgresql://kumoniwa@db.example/cloud
    """
    if bool(to) == bool(source):
        raise click.UsageError("Say either --to or --from.")
    _warn_of_password(to or source, "put it into ~/.pgpass, or the file that $PGPASSFILE names")
    from kumoniwa.client.copy_state import copy_state

    copy_state(data_dir, to=to, source=source, as_json=as_json)


@main.command(short_help="Log in to an instance, or run a command there.")
@click.argument("instance", metavar="INSTANCE")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@click.option("-i", "--identity", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The private key.")
@click.option("--user", default="admin", show_default=True, help="The user to log in as.")
@data_dir_option
def ssh(instance: str, command: tuple[str, ...], identity: Path | None, user: str, data_dir: Path) -> None:
    """Log in to an instance, or run a command there. Its address, port and host key are known.

    \b
    Examples:
      kumoniwa ssh i-0123456789abcdef0 -i key.pem
      kumoniwa ssh i-0123456789abcdef0 -i key.pem -- uptime
    """
    from kumoniwa.client.commands import open_ssh

    open_ssh(data_dir, instance, key=identity, user=user, command=command)


@main.command(short_help="Show an instance's boots, their causes and the downtimes.")
@click.argument("instance", metavar="INSTANCE")
@data_dir_option
@json_option
def timeline(instance: str, data_dir: Path, as_json: bool) -> None:
    """Show every boot of an instance: which call caused it, when its disks were at rest, how long the guest was down.

    A call of a user's key, or of a role's session, is shown with its name (docs/identities.md).

    \b
    Example:
      kumoniwa timeline i-0123456789abcdef0
    """
    from kumoniwa.client.commands import print_timeline

    print_timeline(data_dir, instance, as_json=as_json)


@main.command(short_help="Run the whole experiment on real guests.")
@click.option("--keep", is_flag=True, help="Leave the cloud running, and say how to use and end it.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False, resolve_path=True),
    metavar="FILE",
    help="Write the verdicts and times to this file, as JSON.",
)
def demo(keep: bool, json_file: Path | None) -> None:
    """Run the experiment: stop protection, reboots and AMIs, on real guests, with the AWS CLI and SSH.

    It uses a cloud of its own in a temporary folder and removes everything afterwards, also on Ctrl-C.
    Exit status 0 only if everything behaves as on EC2.
    """
    from kumoniwa.client.interrupt import run_interruptible
    from kumoniwa.lab.demo import demonstrate

    sys.exit(0 if run_interruptible(demonstrate(keep=keep, json_file=json_file)) else 1)


@main.command()
def version() -> None:
    """Print the version."""
    from kumoniwa import __version__

    click.echo(f"kumoniwa {__version__}")


def _welcome(config: Config, endpoint: str) -> str:
    """What is printed once a cloud listens."""
    from kumoniwa.hypervisor.drivers import features_of

    folder = "" if config.data_dir == default_data_dir() else f" --data-dir {shlex.quote(str(config.data_dir))}"
    commands = [
        (f"kumoniwa console{folder}", "open it in a browser"),
        (f'eval "$(kumoniwa env{folder})"', "point the AWS CLI at it"),
    ]
    if features_of(config.driver).outlives_the_server:
        ending = "Ctrl-C ends the server; its guests go on running, and the next `kumoniwa serve` finds them."
        commands.append((f"kumoniwa ami build debian-12{folder}", "make an AMI to launch from, where there is none"))
    else:
        ending = "Its guests live in memory: no virtual machine runs. Ctrl-C ends the server."
    commands.append(("aws ec2 describe-images --owners self", "see what can be launched"))
    width = max(len(command) for command, _ in commands)
    lines = [
        f"Kumoniwa listens on {endpoint} (driver {config.driver}, data in {config.data_dir}).",
        ending,
        "In another terminal:",
        *(f"  {command.ljust(width)}  # {purpose}" for command, purpose in commands),
    ]
    return "\n".join(lines)


def _interruptions() -> tuple[type[BaseException], ...]:
    from kumoniwa.client.interrupt import Interrupted

    return (KeyboardInterrupt, Interrupted)


def _said_in_a_sentence() -> tuple[type[Exception], ...]:
    """Failures that are printed as a sentence instead of a traceback; asked only once something was raised."""
    from kumoniwa.client.access import CommandFailed
    from kumoniwa.folder import FolderTaken
    from kumoniwa.hypervisor.driver import DriverError
    from kumoniwa.run import ProgramFailed, ProgramMissing

    known: tuple[type[Exception], ...] = (CommandFailed, DriverError, FolderTaken, ProgramFailed, ProgramMissing)
    if "kumoniwa.app.errors" in sys.modules:  # it takes a while to import, and only `serve` does
        from kumoniwa.app.errors import CannotStart

        known = (*known, CannotStart)
    return known
