"""Lists images in every way, and prints what came; see tests/clients/README.md."""

import json
import sys

from list_images_client import Client
from list_images_client.api.image import image_inspect, image_list
from list_images_client.models import ImageInspect, ImageSummary
from list_images_client.types import UNSET, Response

LABELS = (
    '{"dangling":["false"],"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}'
)


def show(step: str, response: Response[list[ImageSummary] | str]) -> None:
    """Print a listing."""
    if not isinstance(response.parsed, list):
        raise TypeError(response)
    listed = [
        {
            "Id": image.id,
            "RepoTags": image.repo_tags,
            "RepoDigests": None if image.repo_digests is UNSET else image.repo_digests,
            "Created": image.created,
            "Size": image.size,
            "VirtualSize": image.virtual_size,
            "Labels": image.labels.to_dict() if image.labels else None,
        }
        for image in response.parsed
    ]
    sys.stdout.write(json.dumps({"step": step, "images": listed}) + "\n")


def message(body: bytes) -> str:
    """Return the message of an error, which is JSON or plain text."""
    text = body.decode().strip()
    if not text.startswith("{"):
        return text
    told: str = json.loads(text)["message"]
    return told


def main(address: str) -> None:
    """Goes through the steps."""
    with Client(base_url=f"{address}/v1.23") as client:
        ask = image_list.sync_detailed
        show("plain", ask(client=client))
        show("all", ask(client=client, all_=True))
        show("filter", ask(client=client, filter_="busybox"))
        show("dangling", ask(client=client, filters='{"dangling":{"true":true}}'))
        show("labels", ask(client=client, filters=LABELS))
        show("digests", ask(client=client, digests=True))
        image = image_inspect.sync("localhost:5000/test/busybox:latest", client=client)
        if not isinstance(image, ImageInspect):
            raise TypeError(image)
        inspected = {"step": "inspect", "Id": image.id, "Size": image.size}
        sys.stdout.write(json.dumps(inspected) + "\n")
        refused = ask(client=client, filters='{"nosuch":["x"]}')
        told = {
            "step": "error",
            "status": int(refused.status_code),
            "message": message(refused.content),
        }
        sys.stdout.write(json.dumps(told) + "\n")


main(sys.argv[1])
