"""The requests of the benchmark, as programs for `wrk`."""

import json
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote

from benchmarks.images import FEW_LABEL, FEW_REPOSITORY

#: The path that every server is asked, and the one at which `reference` is known.
LISTING = "/v1.23/images/json"
_NEWER = "/v1.25/images/json"
#: Gives an image a name, which it then has, again and again.
WRITE = f"/v1.23/images/{FEW_REPOSITORY}:0/tag?repo=bench/written&tag=again&force=1"

_runs = count()


@dataclass(frozen=True)
class Question:
    """A request that is repeated.

    Attributes:
        name: Its name in the tables.
        target: The path and query string.
        differs: Whether no two requests are alike, so that no answer can be given again.
        writes: Whether an image gets a name between any two of them.
    """

    name: str
    target: str
    differs: bool = False
    writes: bool = False

    def script(self, target: str) -> str:
        """Return the program for `wrk` to ask at *target*."""
        if self.differs:
            return _DIFFERENT % self.like_no_other(target)
        return _WRITING % (WRITE, target) if self.writes else _SAME % target

    def like_no_other(self, target: str) -> str:
        """Return *target* so that no request was like it, if that is what the question is about."""
        mark = "&" if "?" in target else "?"
        # A parameter that no server knows, and that changes nothing.
        return f"{target}{mark}bench={next(_runs)}-" if self.differs else target


def _filters(**conditions: str) -> str:
    return quote(json.dumps({name: [value] for name, value in conditions.items()}))


_LABELLED = f"{LISTING}?filters={_filters(label=FEW_LABEL)}"
_NAMED = f"{LISTING}?filter={FEW_REPOSITORY}:1"

PLAIN = Question("plain", LISTING)
DIFFERENT = Question("plain, different each time", LISTING, differs=True)
DIFFERENT_LABEL = Question("label on 3 images, different each time", _LABELLED, differs=True)
DIFFERENT_NAME = Question("filter=repository:tag, different each time", _NAMED, differs=True)
WRITTEN = Question("plain, a write between requests", LISTING, writes=True)
#: Requests only for servers with images.
OTHERS = (
    Question("all=1", f"{LISTING}?all=1"),
    Question("label on 3 images", _LABELLED),
    Question("filter=repository", f"{LISTING}?filter={FEW_REPOSITORY}"),
    Question("filter=repository:tag", _NAMED),
    Question(
        "reference with a glob",
        f"{_NEWER}?filters={_filters(reference=FEW_REPOSITORY.replace('this', '*'))}",
    ),
    DIFFERENT,
    DIFFERENT_LABEL,
    DIFFERENT_NAME,
    WRITTEN,
)
#: The most telling ones, for catalogues that take their time.
FEWER = (DIFFERENT, DIFFERENT_LABEL, DIFFERENT_NAME)

_SAME = 'request = function() return wrk.format("GET", "%s") end\n'
_DIFFERENT = """\
local number = 0
request = function()
  number = number + 1
  return wrk.format("GET", "%s" .. number)
end
"""
_WRITING = """\
local write = false
request = function()
  write = not write
  if write then return wrk.format("POST", "%s") end
  return wrk.format("GET", "%s")
end
"""
