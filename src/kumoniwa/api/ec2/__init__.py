"""EC2's actions, in the folders of their resources.

To add an action, write `@action("CreateWidget")` above a function in `widgets/create_widget.py`. What the action lacks
is said there too, by `depth`, `missing` and `not_built`. Then run `scripts/reference`: it puts that into the reference,
and the module into the table from which a server imports it at the action's first call (`api/action_modules.py`).
"""
