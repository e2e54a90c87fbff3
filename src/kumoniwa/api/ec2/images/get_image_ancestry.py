"""GetImageAncestry: which image an image was made of, that image's own source, and so on."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.image_lookup import image_named
from kumoniwa.api.registry import action
from kumoniwa.model.images import Image
from kumoniwa.store import images


@action("GetImageAncestry")
async def get_image_ancestry(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The image, what it was made of, and so on to the first; deregistered ones are shown too."""

    def read(connection: Connection) -> list[Image]:
        chain = [image_named(connection, call, parameters["ImageId"])]
        while (source := chain[-1].source_image_id) is not None and (parent := images.get(connection, source)):
            chain.append(parent)
        return chain

    chain = await cloud.read(read)
    regions = {image.id: image.region for image in chain}
    return {
        "ImageAncestryEntries": [
            {
                "CreationDate": image.created_at,
                "ImageId": image.id,
                "SourceImageId": image.source_image_id,
                "SourceImageRegion": None
                if image.source_image_id is None
                else regions.get(image.source_image_id, image.region),
            }
            for image in chain
        ]
    }
