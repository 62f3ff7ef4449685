"""What a process and all that it has started take of the machine (Linux)."""

from pathlib import Path


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
    """Return the seconds of processor time that the processes of a server have taken."""
    return (
        sum(
            int(schedule.read_text().split()[0])
            for each in processes(pid)
            for schedule in Path(f"/proc/{each}/task").glob("*/schedstat")
        )
        / 1e9
    )


def folder(path: Path) -> int:
    """Return the bytes that the files in a folder take on the disk."""
    return sum(each.lstat().st_blocks * 512 for each in path.rglob("*") if not each.is_symlink())


def _field(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024
