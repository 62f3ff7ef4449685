"""Everything that ends a run of the suite, other than a verdict.

MusterError
 ├── UsageError            the command line or the target's address is wrong       exit status 2
 └── TargetError           the run could not be made                               exit status 3
      ├── Unreachable      nobody answers at the address
      ├── NoEngine         what answers there has nothing of a container engine
      ├── AccessRefused    it lets nobody in who does not say who they are
      ├── Overloaded       it keeps asking to be left alone
      ├── OutOfTime        the time that the run may take is over
      └── VersionRefused   the server does not serve the API version asked for

A fault of the server under test is never an exception here: it is a finding.
"""


class MusterError(Exception):
    """An error with a message for the user: what is wrong, and what to do."""

    exit_status = 4


class UsageError(MusterError):
    """The command line, or the address of the target, makes no sense."""

    exit_status = 2


class TargetError(MusterError):
    """The target cannot be checked."""

    exit_status = 3


class Unreachable(TargetError):
    """Nothing answers HTTP at the target's address."""


class NoEngine(TargetError):
    """The target speaks HTTP, but nothing in its responses is that of a container engine."""


class AccessRefused(TargetError):
    """The target answers those whom it knows, and does not know the suite."""


class Overloaded(TargetError):
    """The target says that it has too much to do, again and again."""


class OutOfTime(TargetError):
    """The run takes longer than it may."""


class VersionRefused(TargetError):
    """The target does not serve the API version that was to be checked."""
