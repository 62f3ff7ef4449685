"""A server for tests of clients.

With pytest, use the fixture `musterd` (see `musterd.pytest_plugin`). Otherwise::

    with Server(images="seed.yaml") as server:
        client = MyClient(server.url)
        ...
        server.assert_no_problems()

`Server` runs in a thread of this process. `serving` runs a process of its own, without the records
of requests and without faults.
"""

from musterd.recording.request import RecordedRequest
from musterd.testing.catalogue import TestCatalogue
from musterd.testing.process import ServerProcess, serving
from musterd.testing.server import Endpoint, Server

__all__ = ["Endpoint", "RecordedRequest", "Server", "ServerProcess", "TestCatalogue", "serving"]
