"""The query of a listing request."""

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
    """The parameters of *List Images*, parsed once.

    `manifests` and `identity` only matter in the style of the containerd store; graph drivers have
    no such data (rule `manifests.asked`).

    Attributes:
        all: Whether to list intermediate images too.
        digests: Whether to show digests where they are optional.
        shared_size: Whether to compute the size that images share with others.
        manifests: Whether to show the manifests of images.
        identity: Whether to show with them where images come from.
        null_names: Whether `null` stands for missing names, as in disk usage.
        filters: The conditions on images.
        filters_length: The length of the filters in the request, in characters.
    """

    all: bool = False
    digests: bool = False
    shared_size: bool = False
    manifests: bool = False
    identity: bool = False
    null_names: bool = False
    filters: Filters = field(default_factory=Filters)
    filters_length: int = 0

    @classmethod
    def from_parameters(cls, values: Mapping[str, str], rules: Rules, now: int) -> "ListQuery":
        """Parse the parameters of a request.

        Args:
            values: The decoded parameters, by their names in the documents.
            rules: The rules of the request's API version.
            now: The current time, in nanoseconds since 1970.

        Raises:
            BadRequestError: `filters` is invalid, or parameters contradict each other.
        """
        conditions, name = values.get("filters", ""), values.get("filter", "")
        query = cls(
            all=truth(values.get("all", "")),
            digests=truth(values.get("digests", "")),
            shared_size=truth(values.get("shared-size", "")),
            manifests=truth(values.get("manifests", "")),
            identity=truth(values.get("identity", "")),
            filters=filters.parse(conditions, name, rules, now),
            filters_length=len(conditions) + len(name),
        )
        if query.identity and not query.manifests:
            raise BadRequestError("conflicting options: identity requires manifests=1")
        return query

    @property
    def has_conditions(self) -> bool:
        """Whether the request restricts which images to list."""
        return self.filters_length > 0

    @cached_property
    def prefilter(self) -> Prefilter:
        """The conditions that an index can check."""
        return Prefilter.of(self.filters)
