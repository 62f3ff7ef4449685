"""What podman makes of a request for a listing: its parameters, its filters, and its names.

Source: podman v4.3.1 and v5.8.6 ``pkg/api/handlers/compat/images.go:GetImages`` and
``pkg/domain/infra/abi/images_list.go:List``.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from musterd.departures import podman_filters, podman_names
from musterd.departures.exchange import Answer, Ask, Image, Query
from musterd.departures.podman_choice import Choice, plain_id
from musterd.departures.podman_filters import BOOLEANS, Condition, WrongFilterError
from musterd.departures.requests import BAD_ESCAPE

_OK = 200
# How many answers are kept, and of listings of how many bytes.
_MOST = 16
_LARGEST = 1_000_000
_MISTAKE = 400
_NOT_FOUND = 404
_WRONG_FILTER = 500
# What a request does with the image that its path names.
_ACTION = re.compile(r"/(?:tag|push)$")
_WITHOUT_DATE = frozenset({None, "", "0001-01-01T00:00:00Z"})
_KNOWN = frozenset({"all", "digests", "filter", "shared-size"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Podman:
    """A release of podman.

    Attributes:
        joined: Whether the values of a list in `filters` are joined to one by ``=``.
        strict: Whether it refuses a boolean parameter that is none of Go's.
        any_value: The filters of which an image needs to meet one value only.
        null_names: Whether `RepoTags` of an image without names is null.
        shared_size: What `SharedSize` is if it was not asked for.
        finds: Whether `reference` and `id` find an image by the beginning of its Id, and a single
            `reference` that is a whole name hides the image's others.
        answered: The latest answers with the listing that each was made of, by the request.
        loaded: When images without a date were loaded, in seconds since 1970. The catalogue does
            not know, so it is when the server began.
    """

    joined: bool
    strict: bool
    any_value: Sequence[str]
    null_names: bool
    shared_size: int
    finds: bool
    loaded: int = field(default_factory=lambda: int(time.time()))
    answered: dict[tuple[str, str], tuple[bytes, Answer]] = field(
        default_factory=dict, compare=False
    )

    async def apply(self, query: Query, ask: Ask) -> Answer:
        """List images, and name and show them, as podman does."""
        if not query.lists:
            return _with_cause(self._detailed(await _about_one(query, ask)))
        plain = await ask(query.of_pairs([("all", "1")]))
        if plain.status != _OK:
            return _with_cause(plain)
        question = (query.version, query.text)
        if (known := self.answered.get(question)) and known[0] == plain.body:
            return known[1]
        answer = await self._answer(_decodable(query), ask, plain)
        # Filters may hang on what that listing does not show, and on the time.
        if query.get("filters") is None and len(plain.body) <= _LARGEST:
            if len(self.answered) >= _MOST:
                self.answered.clear()
            self.answered[question] = (plain.body, answer)
        return answer

    async def _answer(self, query: Query, ask: Ask, plain: Answer) -> Answer:
        """Answer a request, given the listing of all images."""
        parameters = {name: text for name, text in query.pairs if name.lower() in _KNOWN}
        if wrong := self._wrong(parameters):
            message = f'failed to parse parameters: schema: error converting value for "{wrong}"'
            return _failed(_MISTAKE, message, plain)
        if "digests" in parameters and self._is_true(parameters["digests"]):
            headers = dict(plain.headers)
            del headers[b"content-type"]
            return Answer(_OK, headers, b"")
        try:
            conditions = self._conditions(query, parameters)
            groups = podman_filters.groups(conditions, any_value=self.any_value)
            choice = Choice(plain.images or [], self.finds, self.loaded, query, ask)
            chosen = await choice.of(groups)
        except WrongFilterError as error:
            return _failed(_WRONG_FILTER, str(error), plain)
        shared = 0 if self._is_true(_any_case(parameters, "shared-size")) else self.shared_size
        only = self._only_name(conditions)
        return plain.showing(
            [self._shown(image, choice, shared, only) for image in reversed(chosen)]
        )

    def _wrong(self, parameters: Mapping[str, str]) -> str | None:
        """Return the name of a parameter that must be a boolean and is none."""
        for name, text in parameters.items():
            is_boolean = not text or text in BOOLEANS or text == "on"
            if self.strict and name.lower() in {"all", "digests"} and not is_boolean:
                return name
        return None

    def _is_true(self, text: str) -> bool:
        if self.strict:
            return text == "on" or BOOLEANS.get(text, False)
        return text.strip().lower() not in {"", "0", "no", "false", "none"}

    def _conditions(self, query: Query, parameters: Mapping[str, str]) -> list[Condition]:
        """Return the conditions of all parameters.

        Raises:
            WrongFilterError: podman refuses a filter.
        """
        found = podman_filters.conditions(query.get("filters"), joined=self.joined)
        if name := _any_case(parameters, "filter"):
            found.append(Condition("reference", name))
        if not self._is_true(_any_case(parameters, "all")):
            found.append(Condition("intermediate", "false"))
        return found

    def _only_name(self, conditions: Sequence[Condition]) -> str | None:
        """Return the one name to show, if a condition names it."""
        references = [each for each in conditions if each.key == "reference"]
        return references[0].value if self.finds and len(references) == 1 else None

    def _shown(self, image: Image, choice: Choice, shared: int, only: str | None) -> Image:
        tags = podman_names.full_tags(image)
        if only in tags:
            tags = [only]
        return {
            **image,
            "ParentId": plain_id(image["ParentId"]),
            "RepoTags": None if self.null_names and not tags else tags,
            "RepoDigests": podman_names.full_digests(image),
            "Created": choice.created(image),
            "SharedSize": shared,
            "Containers": 0,
        }

    def _detailed(self, answer: Answer) -> Answer:
        """Name an image in its details as the listing does."""
        if answer.status != _OK or not answer.body.startswith(b'{"Id":"'):
            return answer
        image = answer.details
        changed: Image = {
            "RepoTags": podman_names.full_tags(image),
            "RepoDigests": podman_names.full_digests(image),
        }
        if image.get("Created") in _WITHOUT_DATE:
            loaded = datetime.fromtimestamp(self.loaded, UTC)
            changed["Created"] = loaded.strftime("%Y-%m-%dT%H:%M:%SZ")
        return answer.showing({**image, **changed})


async def _about_one(query: Query, ask: Ask) -> Answer:
    """Ask about an image by the name that podman shows, or else by the catalogue's."""
    answer = await ask(query)
    other = _by_short_name(query)
    if answer.status == _NOT_FOUND and other is not None:
        found = await ask(other)
        return answer if found.status == _NOT_FOUND else found
    return answer


async def resolve(query: Query, ask: Ask) -> Query:
    """Return a request that writes, about the image by the name that the catalogue has."""
    other = _by_short_name(query)
    if other is None:
        return query
    for each in (query, other):
        name = _ACTION.sub("", each.path)
        answer = await ask(replace(each, path=f"{name}/json", text=""))
        if answer.status == _OK:
            return each
    return query


def _by_short_name(query: Query) -> Query | None:
    """Return a request about the image without `localhost/`; None if its name has none."""
    kind, local, name = query.path.partition(podman_names.LOCAL)
    if not local or kind != "/images/":
        return None
    return replace(query, path=kind + podman_names.short(name))


def _decodable(query: Query) -> Query:
    """Leave out the parameters that Go cannot decode."""
    parts = query.text.split("&")
    kept = [each for each in parts if not BAD_ESCAPE.search(each) and ";" not in each]
    return replace(query, text="&".join(kept))


def _any_case(parameters: Mapping[str, str], name: str) -> str:
    """Return the value of a parameter, in whatever case its name is."""
    return next((text for key, text in parameters.items() if key.lower() == name), "")


def _with_cause(answer: Answer) -> Answer:
    """Give an error the members that podman's errors have besides `message`."""
    if answer.status < _MISTAKE or not answer.body.startswith(b'{"message"'):
        return answer
    return _failed(answer.status, answer.details["message"], answer)


def _failed(status: int, message: str, like: Answer) -> Answer:
    """Return an error, in JSON at every version."""
    headers = {**like.headers, b"content-type": b"application/json"}
    error = {"cause": message, "message": message, "response": status}
    return Answer(status, headers, b"").showing(error)


PODMAN_4_3 = Podman(
    joined=True,
    strict=True,
    any_value=("label", "reference", "before", "since", "until", "id"),
    null_names=True,
    shared_size=0,
    finds=False,
)
PODMAN_5_8 = Podman(
    joined=False,
    strict=False,
    any_value=("reference",),
    null_names=False,
    shared_size=-1,
    finds=True,
)
