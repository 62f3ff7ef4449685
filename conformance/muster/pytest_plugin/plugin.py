"""`pytest --muster=TARGET`: every requirement as a test, `muster::LIST-ORDER` and so on.

pytest loads this module wherever muster is installed, so it imports nothing heavy, and does nothing
without `--muster`. `muster.pytest_plugin.items` has the tests.
"""

import pytest

OPTIONS = {
    "--muster": (
        "TARGET",
        "Check the server at TARGET, as `muster check` does; each requirement is a test.",
    ),
    "--muster-api-version": (
        "V",
        "API version to check, e.g. 1.41, or `all` of them.",
    ),
    "--muster-seed": ("N", "The seed of every random choice."),
    "--muster-baseline": (
        "FILE",
        "Known departures, whose tests must fail: a file, or the name of a shipped baseline.",
    ),
}
FLAGS = {
    "--muster-plant": "Load fixture images, run the checks that need them, and delete them.",
    "--muster-strict": "Count warnings as failures.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("muster", "muster: conformance of List Images")
    for name, (metavar, text) in OPTIONS.items():
        kind = int if metavar == "N" else str
        group.addoption(name, metavar=metavar, type=kind, help=text)
    for name, text in FLAGS.items():
        group.addoption(name, action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the tests, if the user named a server."""
    if config.option.muster is None:
        given = [name for name in (*OPTIONS, *FLAGS) if config.getoption(name)]
        if given:
            raise pytest.UsageError(f"{given[0]} needs --muster=TARGET, the server to check")
        return
    try:
        from muster.pytest_plugin.items import Requirements  # noqa: PLC0415 - slow, so only if used
    except ModuleNotFoundError as error:
        from muster import extras  # noqa: PLC0415

        raise pytest.UsageError(f"muster: {extras.advice(error, 'conformance')}") from error
    config.pluginmanager.register(Requirements(config), "muster-requirements")
