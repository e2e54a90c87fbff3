"""Every story there is, in the folders of their resources.

To add a story, write `@story("create_widget")` above a coroutine in `widgets/create_widget.py`. Every module below this
package is imported when a cloud starts, so there is no list to extend.
"""
