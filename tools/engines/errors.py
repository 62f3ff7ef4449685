"""The errors of this package.

EngineError
├── UnknownEngineError   no engine has this name
├── NotFetchedError      it must be fetched first
├── OtherVersionError    Debian offers another version than the results were recorded with
├── FetchError           it cannot be downloaded or unpacked
└── StartError           it cannot be started, or has ended by itself
"""


class EngineError(Exception):
    """The root of the errors of this package; its text is for the user."""


class UnknownEngineError(EngineError):
    """No engine has this name."""


class NotFetchedError(EngineError):
    """The engine must be fetched first."""


class OtherVersionError(EngineError):
    """Debian offers another version than the one that the results were recorded with."""


class FetchError(EngineError):
    """The engine's packages cannot be downloaded or unpacked."""


class StartError(EngineError):
    """The engine cannot be started, or has ended by itself."""
