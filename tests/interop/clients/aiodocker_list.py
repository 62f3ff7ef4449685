"""Usage: aiodocker_list.py URL VERSION QUESTIONS; prints the answers to the questions, as JSON."""

import asyncio
import json
import sys
from typing import Any

import aiodocker


async def ask(client: aiodocker.Docker, question: dict[str, Any]) -> Any:
    # As HTTP spells them: a URL has no booleans.
    query = {name: int(each) if each is True else each for name, each in question.items()}
    try:
        return await client.images.list(**query)
    except aiodocker.DockerError as error:
        return {"status": error.status, "message": error.message}


async def main(url: str, version: str, questions: str) -> None:
    async with asyncio.timeout(30), aiodocker.Docker(url, api_version=f"v{version}") as client:
        json.dump([await ask(client, question) for question in json.loads(questions)], sys.stdout)


asyncio.run(main(*sys.argv[1:]))
