"""What a request for a listing asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from musterd.contract.parameters import truth
from musterd.contract.rules import Rules
from musterd.errors import BadRequestError
from musterd.listing import filters
from musterd.listing.filters import Filters
from musterd.listing.prefilter import Prefilter


@dataclass(frozen=True)
class ListQuery:
    """The parameters of *List Images*, read once for all who need them.

    `manifests` and `identity` are not among them: they ask for what only a store of whole
    multi-platform images has. This one, like Docker's graph drivers, has nothing to tell (rule
    `manifests.asked`).

    Attributes:
        all: Whether to list intermediate images too.
        digests: Whether to show digests where they may be left out.
        shared_size: Whether to work out what images share with others.
        filters: What images must meet.
        filters_length: How many characters the request needed to say so.
    """

    all: bool = False
    digests: bool = False
    shared_size: bool = False
    filters: Filters = field(default_factory=Filters)
    filters_length: int = 0

    @classmethod
    def from_parameters(cls, values: Mapping[str, str], rules: Rules, now: int) -> "ListQuery":
        """Read the parameters of a request.

        Args:
            values: The parameters by the names that the documents give them, decoded.
            rules: Those of the request's API version.
            now: The time, in nanoseconds since 1970.

        Raises:
            BadRequestError: `filters` cannot be understood, or parameters contradict each other.
        """
        conditions, name = values.get("filters", ""), values.get("filter", "")
        query = cls(
            all=truth(values.get("all", "")),
            digests=truth(values.get("digests", "")),
            shared_size=truth(values.get("shared-size", "")),
            filters=filters.parse(conditions, name, rules, now),
            filters_length=len(conditions) + len(name),
        )
        if truth(values.get("identity", "")) and not truth(values.get("manifests", "")):
            raise BadRequestError("conflicting options: identity requires manifests=1")
        return query

    @property
    def has_conditions(self) -> bool:
        """Whether the request has said anything about which images it wants."""
        return self.filters_length > 0

    @cached_property
    def prefilter(self) -> Prefilter:
        """What of it an index can answer."""
        return Prefilter.of(self.filters)
