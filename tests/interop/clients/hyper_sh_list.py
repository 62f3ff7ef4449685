"""Usage: hyper_sh_list.py URL VERSION QUESTIONS; prints the answers to the questions, as JSON."""

import json
import os
import sys
from typing import Any

import setuptools  # noqa: F401 - lends Python 3.12 and later the distutils that docker needs

# isort: split
import docker
import hyper_sh


def ask(client: hyper_sh.Client, question: dict[str, Any]) -> Any:
    try:
        return client.images(**question)
    except docker.errors.APIError as error:
        return {"status": error.response.status_code, "message": error.explanation.decode()}


url, version, questions = sys.argv[1:]
keys = {
    "accesskey": os.environ.get("HYPER_ACCESS", "ACCESS"),
    "secretkey": os.environ.get("HYPER_SECRET", "SECRET"),
}
client = hyper_sh.Client({"clouds": {url: keys}})
if client._version != version:  # noqa: SLF001 - there is no other way to know
    sys.exit(f"speaks {client._version} only")  # noqa: SLF001
client.timeout = 30
json.dump([ask(client, question) for question in json.loads(questions)], sys.stdout)
