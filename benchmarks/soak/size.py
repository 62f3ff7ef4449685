"""A server's memory and descriptors over time, and whether they keep growing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import footprint
from benchmarks.soak.connection import SoakError

# Seconds between two measurements.
_INTERVAL = 0.5
# MiB and descriptors that the server may grow by after the warm-up.
_GROWTH_MIB = 24
_GROWTH_DESCRIPTORS = 4


@dataclass(frozen=True)
class Size:
    """The resource usage of a server and its processes.

    Attributes:
        mib: MiB of memory.
        descriptors: Open file descriptors.
    """

    mib: float
    descriptors: int

    def __str__(self) -> str:
        """Return both figures for people."""
        return f"{self.mib:.0f} MiB, {self.descriptors} descriptors"


async def watch(pid: int, seconds: float) -> list[Size]:
    """Measure a process and its children again and again for some seconds."""
    sizes: list[Size] = []
    end = asyncio.get_running_loop().time() + seconds
    while not sizes or asyncio.get_running_loop().time() < end:
        try:
            sizes.append(_measure(pid))
        except OSError:
            continue  # A process that reads archives ended meanwhile.
        finally:
            await asyncio.sleep(_INTERVAL)
    return sizes


def require_no_growth(warm: Sequence[Size], late: Sequence[Size]) -> tuple[Size, Size]:
    """Compare the sizes late in a run with those after the warm-up.

    Processes that read archives come and go, so that one measurement tells little: the server has
    grown if even the least that it took late is more than the most that it took before.

    Args:
        warm: Measured when caches were full and threads had started.
        late: Measured at the end.

    Returns:
        The most of the warm part, and the least of the late one.

    Raises:
        SoakError: The server has grown.
    """
    before = Size(max(each.mib for each in warm), max(each.descriptors for each in warm))
    after = Size(min(each.mib for each in late), min(each.descriptors for each in late))
    if (
        after.mib > before.mib + _GROWTH_MIB
        or after.descriptors > before.descriptors + _GROWTH_DESCRIPTORS
    ):
        raise SoakError(f"the server has grown from {before} to {after}")
    return before, after


def _measure(pid: int) -> Size:
    descriptors = sum(
        sum(1 for _ in Path(f"/proc/{each}/fd").iterdir()) for each in footprint.processes(pid)
    )
    return Size(footprint.memory(pid) / 2**20, descriptors)
