"""The record of a run: the data that `muster check --json` writes and that reports read.

The members have the same names as in the file; `muster/record/run.schema.json` describes it.
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
    """A request, as sent.

    Attributes:
        method: The HTTP method.
        target: The request target, version segment and percent-encoding included.
        headers: Names and values besides Host, User-Agent and Accept, without credentials.
        size: Size of the body in bytes; the body is not recorded.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResponse:
    """A response.

    Attributes:
        status: HTTP status code.
        headers: Values by name, in lower case, without credentials.
        body: The body as text, with U+FFFD for bytes that are not UTF-8; a long body is cut.
        size: Size of the whole body in bytes.
        cut: Whether `body` is only the beginning.
    """

    status: int
    headers: Mapping[str, str]
    body: str
    size: int
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """A request and its result.

    Attributes:
        request: The request.
        response: The response; None if there was none.
        error: Why there was no response; empty if there was one.
    """

    request: RecordedRequest
    response: RecordedResponse | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntryRef:
    """The baseline entry by which a departure does not count.

    Attributes:
        reason: A person's explanation.
        link: A page with more information; mostly empty.
        expires: ISO 8601 date from which on it counts again; empty for never.
    """

    reason: str
    link: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """The result of one requirement at one API version.

    Attributes:
        requirement: Its id.
        api_version: The API version, e.g. `1.23`.
        level: How binding it is.
        rule: The requirement in one sentence.
        clause: The words of the contract that it is based on.
        source: Where these are.
        verdict: The verdict.
        message: The finding, or what is missing, in one sentence; empty for a plain pass.
        difference: Lines that begin with `-` (expected) and `+` (got).
        case: The request, decoded and without version, which distinguishes the departures of one
            requirement. Empty if nothing shows a departure.
        reproduce: Command lines that reproduce it without Muster.
        exchanges: The smallest set of exchanges that shows it.
        requests: How many requests the check sent.
        seconds: How long the check took.
        known: The baseline entry, if the departure is known.
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
        clause: The words of the contract that it is based on.
        source: Where these are.
        why: Why it matters; may be empty.
        scope: Where it holds, in words; empty if at every version and for any images.
        needs: The option of `muster check` that it requires; mostly empty.
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
        document: The version of the OpenAPI document used.
        document_sha256: Hexadecimal SHA-256 of that document as YAML.
        requests: How many requests were sent.
        seconds: How long it took.
        aborted_because: Why this part ended early; empty if it did not.
        reduced: Which tests were reduced, and why; empty if none were.
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
    """A requirement without a result, at one API version or at all of them.

    Attributes:
        requirement: Its id.
        api_version: The API version; empty for all that were checked.
        kind: `not selected` by the user; `version`: it does not hold there; `planting`: needs
            images that the suite plants; `not checkable`: the register says why; `ended`: the run
            ended early.
        why: The reason, in a sentence.
    """

    requirement: str
    api_version: str
    kind: GapKind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBaseline:
    """The baseline that was applied to the run.

    Attributes:
        file: Its name, as the user wrote it.
        problems: Outdated entries, each in a sentence.
    """

    file: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A whole run against one server.

    Attributes:
        format: Version of the record's format; it changes if readers have to.
        muster: Version of muster.
        target: Address of the server.
        api_version: The API version that was checked; `all` for several.
        server: What the server reports about itself: some of `Name`, `Version`, `ApiVersion`,
            `MinAPIVersion`, `Os`, `Arch`.
        seed: The seed of the random choices.
        strict: Whether warnings count as failures.
        started: When the run began, in UTC, e.g. `2016-05-04T09:30:00Z`.
        requests: How many requests were sent.
        seconds: How long it took.
        options: Further options that decide which requests are sent.
        conforms: Whether no requirement failed, known departures included; None if the run ended
            too early to tell.
        exit_status: The exit status of `muster check`.
        aborted_because: Why the run ended early; empty if it did not.
        summary: The number of results with each verdict.
        versions: The parts of the run.
        baseline: The baseline that was applied; None for none.
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
        """The server's name and version, as far as it reports them; empty if it does not."""
        return " ".join(self.server[name] for name in ("Name", "Version") if name in self.server)
