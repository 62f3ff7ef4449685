"""Usage: docker_py_list.py URL VERSION QUESTIONS; prints the answers to the questions, as JSON."""

import json
import sys
from typing import Any

import docker


def ask(client: docker.APIClient, question: dict[str, Any]) -> Any:
    try:
        return client.images(**question)
    except docker.errors.APIError as error:
        return {"status": error.response.status_code, "message": error.explanation}


url, version, questions = sys.argv[1:]
with docker.APIClient(base_url=url, version=version, timeout=30) as client:
    json.dump([ask(client, question) for question in json.loads(questions)], sys.stdout)
