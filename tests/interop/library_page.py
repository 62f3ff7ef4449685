"""Write the tables of docs/client-libraries.md: python -m tests.interop.library_page."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path

from musterd.testing import Server

from .support import library_tests
from .support.client_programs import ClientPrograms

PAGE = Path(__file__).parents[2] / "docs" / "client-libraries.md"


def place(name: str) -> re.Pattern[str]:
    """Return what finds the table of that name in the page."""
    begin = f"<!-- {name}: written by tests.interop.library_page. -->\n\n"
    return re.compile(rf"(?<={begin}).*?(?=\n<!-- {name} end. -->)", re.DOTALL)


def replaced(text: str, name: str, table: str) -> str:
    """Return the page with another table in the place of that name."""
    return place(name).sub(lambda _: table, text)


def main() -> None:
    """Run the tests of the libraries, and write the tables."""
    with ExitStack() as stack:

        def new_folder() -> Path:
            return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muster-")))

        server = stack.enter_context(Server(images=[]))
        docker_py = library_tests.docker_py(server, new_folder())
        program = ClientPrograms(new_folder).python(*library_tests.TESTCONTAINERS)
        testcontainers = library_tests.testcontainers(server, program)
    text = PAGE.read_text(encoding="utf-8")
    text = replaced(text, "docker-py", library_tests.table(docker_py, "test"))
    text = replaced(text, "testcontainers", library_tests.table(testcontainers, "step"))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
