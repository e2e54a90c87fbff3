"""`configuration.md`: the settings of a cloud and the environment variables, from `kumoniwa.config`."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

from kumoniwa.cli.main import serve
from kumoniwa.client.access import UNSET, Access
from kumoniwa.config import DATA_DIR, VARIABLES, Config
from reference_pages.markdown import WRITTEN, code, table

_HEAD = """# Configuration

Kumoniwa has no settings file. A cloud is configured by the options of `kumoniwa serve` and by environment variables.

## Settings of a cloud

A setting without an option always has the value that is shown.

"""

_VARIABLES = """
## Environment variables that Kumoniwa reads

"""

_CLIENTS = """
## Environment variables of clients

`eval "$(kumoniwa env)"` sets these, so that the AWS CLI and the SDKs reach the cloud.

"""

_UNSET = """
It unsets these, because they would send clients elsewhere or make them sign with another key: {names}.
"""


def page() -> str:
    """The page's text."""
    options: dict[str | None, click.Option] = {
        option.name: option for option in serve.params if isinstance(option, click.Option)
    }
    assert options.keys() <= {field.name for field in fields(Config)}, "an option of serve sets a field of Config"
    return "".join(
        (
            WRITTEN,
            _HEAD,
            table(("setting", "option of `kumoniwa serve`", "default", "means"), _settings(options)),
            _VARIABLES,
            table(
                ("variable", "means", "where it is not set"),
                ((code(one.name), one.means, one.otherwise) for one in VARIABLES),
            ),
            _CLIENTS,
            table(("variable", "is"), _client_variables()),
            _UNSET.format(names=", ".join(map(code, UNSET))),
        )
    )


def _settings(options: dict[str | None, click.Option]) -> Iterator[tuple[str, str, str, str]]:
    hints = get_type_hints(Config, include_extras=True)
    for field in fields(Config):
        option = options.get(field.name)
        _, means = get_args(hints[field.name])
        yield code(field.name), code(option.opts[0]) if option else "", _default(field), means


def _default(field: Field[Any]) -> str:
    if field.default is MISSING:
        return f"{code('$' + DATA_DIR.name)}, or as below"
    if isinstance(field.default, float):
        return code(f"{field.default:g}")
    return code(str(field.default).lower() if isinstance(field.default, bool) else str(field.default))


def _client_variables() -> Iterator[tuple[str, str]]:
    """Each variable with what it holds, found by an access whose values are these words."""
    words = Access(
        data_dir=Path("/"),
        endpoint="where the cloud listens",
        region="the cloud's region",
        account="the cloud's account",
        access_key_id="the cloud's access key",
        secret_access_key="the secret of that key",
        pid=0,
    )
    return ((code(name), value) for name, value in words.environment().items())
