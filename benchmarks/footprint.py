"""The resource usage of a process and its descendants (Linux)."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# The positions of user and kernel time among the fields after the process name.
_TIMES = slice(11, 13)


def processes(pid: int) -> list[int]:
    """Return a process and those that it has started, as far as they still run."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def memory(pid: int) -> int:
    """Return the bytes that the processes of a server have in memory, shared ones in parts."""
    return sum(_field(each, "smaps_rollup", "Pss") for each in processes(pid))


def peak(pid: int) -> int:
    """Return the bytes that one process has had in memory at most."""
    return _field(pid, "status", "VmHWM")


def processor(pid: int) -> float:
    """Return the seconds of processor time that the processes of a server have taken.

    Those of threads that have ended are among them.
    """
    return sum(sum(_stat(each)[_TIMES]) for each in processes(pid)) / _TICKS


def busy() -> float:
    """Return the seconds of processor time that all processes of the machine have taken."""
    user, nice, system, _idle, _waiting, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:8]
    )
    return (user + nice + system + sum(interrupts)) / _TICKS


def folder(path: Path) -> int:
    """Return the bytes that the files in a folder take on the disk."""
    return sum(each.lstat().st_blocks * 512 for each in path.rglob("*") if not each.is_symlink())


def _stat(pid: int) -> list[int]:
    # The name may have spaces in it; then there is the state, a letter.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, fields[1:])]


def _field(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024
