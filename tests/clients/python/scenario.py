"""Lists images in every way, and prints what came; see tests/clients/README.md."""

import json
import sys

from images_client import ApiClient, ApiException, Configuration, ImageApi, ImageSummary

LABELS = (
    '{"dangling":["false"],"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}'
)


def show(step: str, images: list[ImageSummary]) -> None:
    """Print a listing."""
    listed = [
        {
            "Id": image.id,
            "RepoTags": image.repo_tags,
            "RepoDigests": image.repo_digests,
            "Created": image.created,
            "Size": image.size,
            "VirtualSize": image.virtual_size,
            "Labels": image.labels,
        }
        for image in images
    ]
    sys.stdout.write(json.dumps({"step": step, "images": listed}) + "\n")


def message(body: str | None) -> str:
    """Return the message of an error, which is JSON or plain text."""
    text = (body or "").strip()
    if not text.startswith("{"):
        return text
    told: str = json.loads(text)["message"]
    return told


def main(address: str) -> None:
    """Goes through the steps."""
    with ApiClient(Configuration(host=f"{address}/v1.23")) as client:
        api = ImageApi(client)
        show("plain", api.image_list())
        show("all", api.image_list(all=True))
        show("filter", api.image_list(filter="busybox"))
        show("dangling", api.image_list(filters='{"dangling":{"true":true}}'))
        show("labels", api.image_list(filters=LABELS))
        show("digests", api.image_list(digests=True))
        image = api.image_inspect("localhost:5000/test/busybox:latest")
        inspected = {"step": "inspect", "Id": image.id, "Size": image.size}
        sys.stdout.write(json.dumps(inspected) + "\n")
        try:
            api.image_list(filters='{"nosuch":["x"]}')
        except ApiException as error:
            told = {"step": "error", "status": error.status, "message": message(error.body)}
            sys.stdout.write(json.dumps(told) + "\n")


main(sys.argv[1])
