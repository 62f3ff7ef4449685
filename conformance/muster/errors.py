"""Every error that can end a run of the suite.

MusterError
 ├── UsageError            the command line or the target's address is wrong       exit status 2
 └── TargetError           the run cannot proceed                                  exit status 3
      ├── Unreachable      nothing responds at the address
      ├── NoEngine         what responds there is not a container engine
      ├── AccessRefused    the target requires credentials
      ├── Overloaded       the target keeps asking the suite to wait
      ├── OutOfTime        the run exceeds its time limit
      └── VersionRefused   the target does not serve the requested API version

A fault of the server under test is never an exception here: it is a finding.
"""


class MusterError(Exception):
    """An error with a message for the user: what is wrong, and what to do."""

    exit_status = 4


class UsageError(MusterError):
    """The command line or the address of the target is invalid."""

    exit_status = 2


class TargetError(MusterError):
    """The target cannot be checked."""

    exit_status = 3


class Unreachable(TargetError):
    """Nothing answers HTTP at the target's address."""


class NoEngine(TargetError):
    """The target speaks HTTP, but none of its responses look like those of a container engine."""


class AccessRefused(TargetError):
    """The target requires credentials that the suite does not have."""


class Overloaded(TargetError):
    """The target says again and again that it is overloaded."""


class OutOfTime(TargetError):
    """The run exceeds its time limit."""


class VersionRefused(TargetError):
    """The target does not serve the requested API version."""
