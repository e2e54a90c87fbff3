"""`command-line.md`: every command with its arguments and options, from the command line's own declarations."""

import inspect
from collections.abc import Iterator

import click

from kumoniwa.cli.main import main
from reference_pages.markdown import WRITTEN, code, table

_HEAD = """# Command line

`kumoniwa COMMAND --help` says the same in a terminal. Every command takes `-h` and `--help`.

Exit status: 0 done, 1 failed (a sentence on standard error says why), 2 used wrongly, 130 interrupted. Commands that
give other meanings to 0, 1 and 2 say so below.

"""
_NEVER_SHOWN = "\b"  # click's mark for a paragraph that is not to be wrapped


def page() -> str:
    """The page's text."""
    context = click.Context(main, info_name="kumoniwa")
    commands = list(_commands(context))
    overview = table(
        ("command", "does"),
        ((f"[{code(path)}](#{_anchor(path)})", command.get_short_help_str(120)) for path, command, _ in commands),
    )
    parts = [WRITTEN, _HEAD, overview]
    for path, command, own in commands:
        parts.append(f"\n## {path}\n\n```\n{_usage(command, own)}\n```\n\n")
        parts.append(_prose(command.help or ""))
        if options := _options(command, own):
            parts.append("\n" + table(("option", "means", "default"), options))
    return "".join(parts)


def _commands(context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Each command that does something, with its whole name, in the order in which `--help` lists them."""
    group = context.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(own)
        else:
            yield own.command_path, command, own


def _anchor(path: str) -> str:
    return path.replace(" ", "-")


def _usage(command: click.Command, context: click.Context) -> str:
    return f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}".rstrip()


def _options(command: click.Command, context: click.Context) -> list[tuple[str, str, str]]:
    return [
        (_names(option, context), _escaped(option.help or ""), _default(option, context))
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]


def _names(option: click.Option, context: click.Context) -> str:
    names = ", ".join(code(name) for name in option.opts)
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice) and option.metavar is None:
        return f"{names}: {', '.join(map(code, option.type.choices))}"
    return f"{names} {code(option.make_metavar(context))}"


def _default(option: click.Option, context: click.Context) -> str:
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return option.show_default
    return code(str(option.get_default(context))) if option.show_default else ""


def _prose(text: str) -> str:
    """A command's help: its paragraphs, those that are not to be wrapped as they stand."""
    parts: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if not paragraph.startswith(_NEVER_SHOWN):
            parts.append(_escaped(paragraph))
            continue
        heading, *lines = paragraph.removeprefix(_NEVER_SHOWN).lstrip("\n").split("\n")
        parts.append(_escaped(heading))
        if lines:
            parts.append("```\n" + inspect.cleandoc("\n".join(["", *lines])) + "\n```")
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """Text that is no markup: an asterisk or a bracket in it means itself."""
    return "".join(f"\\{character}" if character in "*_[]<>" else character for character in text)
