"""Compare imitations with real engines; run as a module, it writes what docs/fidelity.md says.

`make fidelity` runs it, then writes the page. It needs root, and the engines of `make engines`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from musterd.testing import Server
from tools.engines import Engine, Store, find, start

from .support import fidelity, images
from .support.fidelity import Connection, Found

DATA = Path(__file__).with_name("data") / "fidelity.json"


def archives(engine: Engine) -> list[bytes]:
    """Return what an engine and its imitation load."""
    several = images.several_platforms() if engine.store is Store.CONTAINERD else []
    return [images.archive(), *several]


def compared(name: str, engine: Engine, folder: Path, count: int = fidelity.REQUESTS) -> Found:
    """Load the same archives into an engine and its imitation, and compare them."""
    with start(engine, folder) as daemon, Server([], engine=name) as server:
        for number, archive in enumerate(archives(engine)):
            daemon.load(archive)
            file = folder / f"{number}.tar"
            file.write_bytes(archive)
            server.import_file(file)
        with (
            Connection(urlsplit(daemon.socket).path) as real,
            Connection(str(server.socket)) as imitation,
        ):
            return fidelity.compare(name, real, imitation, count)


def recorded(name: str, engine: Engine, found: Found) -> Mapping[str, object]:
    """Return what the page says of a comparison."""
    return {
        "engine": f"{engine.title} ({engine.release.version})",
        "requests": found.same + found.documented + len(found.different),
        "different": len(found.different),
        "reasons": fidelity.REASONS[name],
    }


def main() -> int:
    """Compare all, and write the data of the page; return the exit status."""
    rows: dict[str, object] = {}
    different = 0
    for name, engine_name in fidelity.PAIRS.items():
        engine = find(engine_name)
        with tempfile.TemporaryDirectory(prefix="muster-") as folder:
            found = compared(name, engine, Path(folder))
        rows[name] = recorded(name, engine, found)
        different += len(found.different)
        sys.stdout.write(f"{name}: {found.same} + {found.documented}\n")
        sys.stdout.writelines(f"  different: {target}\n" for target in found.different)
        sys.stdout.flush()
    DATA.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
