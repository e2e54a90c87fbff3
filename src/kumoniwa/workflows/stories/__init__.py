"""Every story there is, in the folders of their resources.

To add a story, write a coroutine in a file of its own, `widgets/create_widget.py`, with `@story("create_widget", …)`
and its traits above it (`workflows/story.py`). Every module below this package is imported when a cloud starts, so
there is no list to extend. `submit(connection, create_widget, origin(call), widget_id=…)` begins one.
"""
