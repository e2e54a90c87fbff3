"""EC2's actions, in the folders of their resources.

To add an action, write `@action("CreateWidget")` above a function in `widgets/create_widget.py`. Every module below
this package is imported when a cloud starts, so there is no list to extend. What the action lacks is said there too, by
`depth`, `missing` and `unbuilt`; `scripts/reference` puts it into the reference.
"""
