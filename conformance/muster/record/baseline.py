"""The baseline: known and explained departures, so that only new ones count.

A TOML file with one table `[[known]]` for each:

    [[known]]
    id = "LIST-DIGESTS"
    reason = "digests=1 is answered with an empty body"
    link = "https://github.com/containers/podman/issues/29210"
    expires = 2027-06-30                # optional: from then on it counts again
    api_versions = ["1.23", "1.24"]     # optional: known at these only
    case = "/images/json?digests=*"     # optional: known for this request only, * for any text
    sometimes = true                    # optional: it shows with some seeds or images only
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from muster.errors import UsageError
from muster.model.version import ApiVersion
from muster.record.outcome import UNDECIDED, exit_status
from muster.record.record import BaselineEntryRef, Record, RecordedBaseline, RecordedResult
from muster.register.verdict import DEPARTED, FAILED, Verdict, cause_of


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A known departure.

    Attributes:
        id: The requirement.
        reason: The explanation; empty only until a person writes one.
        case: The request, as in `RecordedResult.case`, with `*` for any text; empty for any
            request.
        link: A page with more information.
        expires: The first day on which the departure counts again.
        api_versions: The versions where it is known; empty for all.
        sometimes: Whether it shows with some seeds or images only, so that a pass is no surprise.
    """

    id: str
    reason: str = ""
    case: str = ""
    link: str = ""
    expires: dt.date | None = None
    api_versions: tuple[str, ...] = ()
    sometimes: bool = False

    def covers(self, result: RecordedResult) -> bool:
        """Whether the entry describes the departure *result*, expired or not."""
        return self.concerns(result) and result.verdict in DEPARTED and self.is_case(result)

    def concerns(self, result: RecordedResult) -> bool:
        """Whether *result* has this entry's requirement and one of its versions."""
        versions = self.api_versions or (result.api_version,)
        return result.requirement == self.id and result.api_version in versions

    def is_case(self, result: RecordedResult) -> bool:
        """Whether the entry covers the request that found *result*."""
        parts = map(re.escape, self.case.split("*"))
        return not self.case or re.fullmatch(".*".join(parts), result.case) is not None

    def expired(self, today: dt.date) -> bool:
        """Whether the departure counts again."""
        return self.expires is not None and self.expires <= today


class _File(msgspec.Struct, forbid_unknown_fields=True):
    known: list[Entry] = []


@dataclasses.dataclass(frozen=True, slots=True)
class Baseline:
    """The content of a baseline file.

    Attributes:
        file: The file's name, as the user wrote it.
        entries: The known departures, in the file's order.
    """

    file: str
    entries: tuple[Entry, ...] = ()


def read(
    path: Path, register: Collection[str], *, name: str = "", reasons: bool = True
) -> Baseline:
    """Read the baseline in *path*.

    Args:
        path: The file.
        register: The ids of all requirements.
        name: The name to use in messages, if not the path.
        reasons: Whether an entry without a reason is an error.

    Raises:
        UsageError: If it cannot be read, or is not a valid baseline.
    """
    return parse(read_text(path), name or str(path), register, reasons=reasons)


def read_text(path: Path) -> str:
    """Return the content of *path*.

    Raises:
        UsageError: If it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"--baseline {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--baseline {path}: it is not UTF-8") from error


def parse(text: str, file: str, register: Collection[str], *, reasons: bool = True) -> Baseline:
    """Parse the baseline in *text*; messages call it *file*.

    Raises:
        UsageError: If it is not valid.
    """
    try:
        entries = msgspec.convert(tomllib.loads(text), _File).known
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--baseline {file}: it is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise UsageError(f"--baseline {file}: {error}") from error
    for position, entry in enumerate(entries):
        wrong = _wrong(entry, entries[:position], register, reasons=reasons)
        if wrong:
            raise UsageError(f"--baseline {file}: {entry.id}: {wrong}")
    return Baseline(file, tuple(entries))


def _wrong(
    entry: Entry, before: Iterable[Entry], register: Collection[str], *, reasons: bool
) -> str:
    if entry.id not in register:
        return "there is no such requirement; `muster list` shows them all"
    if reasons and not entry.reason.strip():
        return "it has no reason; say why the server departs, and why that is accepted"
    for version in entry.api_versions:
        ApiVersion.parse(version)
    for other in before:
        shared = {*entry.api_versions} & {*other.api_versions}
        everywhere = not entry.api_versions or not other.api_versions
        if (other.id, other.case) == (entry.id, entry.case) and (shared or everywhere):
            return "it is listed twice"
    return ""


def apply(baseline: Baseline, record: Record, today: dt.date) -> Record:
    """Return *record* with known departures marked, and with the problems of *baseline* listed."""
    results = tuple(_marked(result, baseline, today) for result in record.results)
    known = {(each.requirement, each.api_version) for each in results if each.known}
    results = tuple(
        _marked(_counting(result), baseline, today)
        if (cause_of(result.message), result.api_version) in known
        else result
        for result in results
    )
    problems = [
        problem for entry in baseline.entries for problem in _problems(entry, record, today)
    ]
    held = dataclasses.replace(
        record,
        results=results,
        summary={**record.summary, **_counts(results)},
        baseline=RecordedBaseline(file=baseline.file, problems=tuple(problems)),
    )
    return dataclasses.replace(held, exit_status=exit_status(held))


def _counting(result: RecordedResult) -> RecordedResult:
    """Return *result* as the departure that it is, if that was left to its cause.

    A cause that is known does not count, and must not hide what may be a new departure.
    """
    if result.verdict is not Verdict.INCONCLUSIVE:
        return result
    return dataclasses.replace(result, verdict=FAILED[result.level])


def _counts(results: Collection[RecordedResult]) -> dict[str, int]:
    counts = Counter(result.verdict.value for result in results)
    return {verdict.value: counts[verdict.value] for verdict in Verdict}


def _marked(result: RecordedResult, baseline: Baseline, today: dt.date) -> RecordedResult:
    for entry in baseline.entries:
        if entry.covers(result) and entry.reason and not entry.expired(today):
            expires = entry.expires.isoformat() if entry.expires else ""
            known = BaselineEntryRef(reason=entry.reason, link=entry.link, expires=expires)
            return dataclasses.replace(result, known=known)
    return result


def _problems(entry: Entry, record: Record, today: dt.date) -> Iterable[str]:
    concerned = [
        result
        for result in record.results
        if entry.concerns(result) and result.verdict not in UNDECIDED
    ]
    departed = [result for result in concerned if result.verdict in DEPARTED]
    passed = gone(entry, record)
    if passed:
        at = f" at API {', '.join(passed)}" if entry.api_versions else ""
        yield f"{entry.id} is met now{at}: take it out."
    elif departed and not any(entry.covers(result) for result in departed):
        yield f"{entry.id} departs in another case than {entry.case!r}."
    elif entry.expired(today) and concerned:
        yield f"{entry.id} expired on {entry.expires}: is it still accepted?"


def gone(entry: Entry, record: Record) -> list[str]:
    """Return the API versions of *entry* at which its requirement is now met.

    An entry without versions counts as met only if it is met at every version checked. One that
    departs only sometimes never counts as met.
    """
    if entry.sometimes:
        return []
    decided = [
        result
        for result in record.results
        if entry.concerns(result) and result.verdict not in UNDECIDED
    ]
    met = [result.api_version for result in decided if result.verdict not in DEPARTED]
    if entry.api_versions or len(met) == len(decided):
        return met
    return []
