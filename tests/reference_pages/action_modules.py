"""`api/action_modules.py`: in which module each action is, so that a server imports it when it is first called."""

import kumoniwa.api
from kumoniwa.api.registry import ACTIONS
from kumoniwa.modules import import_all

_HEAD = '''"""In which module each action is, by service and name. Written by scripts/reference."""

ACTION_MODULES = {
'''


def module() -> str:
    """The module's text. Actions that are no more are left out: every module is imported, and says what it has."""
    import_all(kumoniwa.api)
    lines = [_HEAD]
    for service, actions in sorted(ACTIONS.items()):
        lines.append(f'    "{service}": {{\n')
        for name, action in sorted(actions.registered().items()):
            lines.append(f'        "{name}": "{action.function.__module__}",\n')
        lines.append("    },\n")
    return "".join((*lines, "}\n"))
