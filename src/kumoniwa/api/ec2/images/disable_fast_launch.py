"""DisableFastLaunch, and the end of fast launch with its image."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.images.fast_launch_output import fast_launch_output
from kumoniwa.api.ec2.named.image_lookup import image_named
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectState
from kumoniwa.model.fast_launch import USER, FastLaunch, FastLaunchState
from kumoniwa.store import fast_launch
from kumoniwa.workflows.stories.images.disable_fast_launch import disable_fast_launch as disable_story
from kumoniwa.workflows.story import submit

_NOT_WANTED = "fast launch of its image was disabled"


@action("DisableFastLaunch")
async def disable_fast_launch(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """From now on instances of the image boot, and what was prepared of it goes; instances launched from it go on."""

    def disable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        ended = end_fast_launch(connection, call, image.id, force=bool(parameters.get("Force")))
        if ended is None:
            raise IncorrectState(f"Fast launch is not enabled for the image '{image.id}'.")
        return fast_launch_output(ended)

    return await cloud.change(call, disable)


def end_fast_launch(connection: Connection, call: Call, image_id: str, *, force: bool) -> FastLaunch | None:
    """Begin to disable the fast launch of an image, if it has one; gives what becomes of it. With `force` it is
    disabled even where something of it cannot be deleted."""
    found = fast_launch.of_image(connection, image_id)
    if found is None or found.state is FastLaunchState.DISABLING:
        return found
    fast_launch.move(connection, image_id, [found.state], FastLaunchState.DISABLING, reason=USER, at=call.at)
    fast_launch.make_stale(connection, image_id, _NOT_WANTED)
    submit(connection, disable_story, origin(call), image_id=image_id, force=force)
    return fast_launch.of_image(connection, image_id)
