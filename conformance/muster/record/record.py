"""The record of a run as values: what `muster check --json` writes, and reports are made from.

The members have the names that they have in the file; `muster/record/run.schema.json` describes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from muster.register.requirements import Level
from muster.register.verdict import Verdict
from muster.suite.results import Options

GapKind = Literal["not selected", "version", "planting", "signing", "not checkable", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """A request, as it was sent.

    Attributes:
        method: The HTTP method.
        target: The request target, version segment and percent-encoding included.
        headers: Names and values besides Host, User-Agent and Accept, without credentials.
        size: Bytes of the body, which is not recorded.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResponse:
    """An answer.

    Attributes:
        status: HTTP status code.
        headers: Values by name, in lower case, without credentials.
        body: The body as text, bytes that are not UTF-8 as U+FFFD; of a long one the beginning.
        size: Bytes of the whole body.
        cut: Whether `body` is only the beginning.
    """

    status: int
    headers: Mapping[str, str]
    body: str
    size: int
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """A request and what came of it.

    Attributes:
        request: What was asked.
        response: The answer; None if there was none.
        error: Why there was no answer; empty if there was one.
    """

    request: RecordedRequest
    response: RecordedResponse | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntryRef:
    """Why a departure does not count: what the baseline says of it.

    Attributes:
        reason: A person's words.
        link: Where more is told; mostly empty.
        expires: ISO 8601 date from which on it counts again; empty for never.
    """

    reason: str
    link: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """What was found out about one requirement at one API version.

    Attributes:
        requirement: Its id.
        api_version: The API version, e.g. `1.23`.
        level: How binding it is.
        rule: The requirement in one sentence.
        clause: The words that it stands on.
        source: Where these are.
        verdict: What was found.
        message: What was found, or what is missing, in one sentence; empty for a plain pass.
        difference: Lines that begin with `-` (expected) and `+` (came).
        case: What was asked, decoded and without version; tells one departure of a requirement
            from another. Empty where nothing shows a departure.
        reproduce: Command lines that show it without Muster.
        exchanges: The fewest that show it.
        requests: How many requests the check sent.
        seconds: How long the check took.
        known: Set if a baseline says that the departure is known.
    """

    requirement: str
    api_version: str
    level: Level
    rule: str
    clause: str
    source: str
    verdict: Verdict
    message: str = ""
    difference: tuple[str, ...] = ()
    case: str = ""
    reproduce: tuple[str, ...] = ()
    exchanges: tuple[RecordedExchange, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    known: BaselineEntryRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequirement:
    """One requirement of the register, whether it was checked or not.

    Attributes:
        id: Stable name, e.g. `LIST-LABEL-AND`.
        level: How binding it is.
        rule: The requirement in one sentence.
        clause: The words that it stands on.
        source: Where these are.
        why: Why it matters; may be empty.
        scope: Where it holds, in words; empty for at every version, on whatever images there are.
        needs: The option of `muster check` without which it cannot be checked; mostly empty.
        seen: Servers known to have failed it.
    """

    id: str
    level: Level
    rule: str
    clause: str
    source: str
    why: str = ""
    scope: str = ""
    needs: str = ""
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVersion:
    """The part of the run at one API version.

    Attributes:
        api_version: E.g. `1.23`.
        document: The version of the document that it was checked by.
        document_sha256: Hexadecimal SHA-256 of that document as YAML.
        requests: How many requests were sent.
        seconds: How long it took.
        aborted_because: Why this part was not made to its end; empty if it was.
        reduced: What was tried less of, and why; empty if nothing was.
    """

    api_version: str
    document: str
    document_sha256: str
    requests: int = 0
    seconds: float = 0.0
    aborted_because: str = ""
    reduced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """A requirement without a result at an API version, or at any.

    Attributes:
        requirement: Its id.
        api_version: The API version; empty for all that were checked.
        kind: `not selected` by the user; `version`: it does not hold there; `planting`: needs
            images that the suite plants; `not checkable`: the register says why; `ended`: the run
            was not made to its end.
        why: The same, in a sentence.
    """

    requirement: str
    api_version: str
    kind: GapKind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBaseline:
    """The baseline that was held against the run.

    Attributes:
        file: Its name, as the user wrote it.
        problems: Entries that are no longer right, each in a sentence.
    """

    file: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A whole run against one server.

    Attributes:
        format: Which form of the record this is; it changes if readers have to.
        muster: Version of muster.
        target: Address of the server.
        api_version: The API version that was checked; `all` for several.
        server: What the server says of itself: some of `Name`, `Version`, `ApiVersion`,
            `MinAPIVersion`, `Os`, `Arch`.
        seed: What fixed the random choices.
        strict: Whether warnings count as failures.
        started: When the run began, in UTC, e.g. `2016-05-04T09:30:00Z`.
        requests: How many requests were sent.
        seconds: How long it took.
        options: What else decides what is asked.
        conforms: Whether no requirement failed, known departures included; None if the run ended
            before that could be said.
        exit_status: What `muster check` ended with.
        aborted_because: Why the run was not made to its end; empty if it was.
        summary: How many results there are of each verdict.
        versions: The parts of the run.
        baseline: What was held against it; None if nothing was.
        results: One for each requirement and API version that was checked.
        unchecked: Requirements without a result.
        requirements: The whole register.
    """

    format: Literal[1]
    muster: str
    target: str
    api_version: str
    server: Mapping[str, str]
    seed: int
    strict: bool
    started: str
    requests: int
    seconds: float
    options: Options
    conforms: bool | None
    exit_status: int
    summary: Mapping[str, int]
    aborted_because: str = ""
    versions: tuple[RecordedVersion, ...] = ()
    baseline: RecordedBaseline | None = None
    results: tuple[RecordedResult, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    requirements: tuple[RecordedRequirement, ...] = field(default=(), repr=False)

    def of(self, *verdicts: Verdict) -> list[RecordedResult]:
        """Return the results with one of *verdicts*, in the order of the record."""
        return [result for result in self.results if result.verdict in verdicts]

    @property
    def identity(self) -> str:
        """The server's name and version, as far as it says; empty if it does not."""
        return " ".join(self.server[name] for name in ("Name", "Version") if name in self.server)
