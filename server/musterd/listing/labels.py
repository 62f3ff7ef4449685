"""Conditions on labels: the filters `label` and `label!`.

The contract's rules `label.*`; moby v28.5.2 ``daemon/containerd/image_list.go:setupLabelFilter``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from musterd.contract.rules import Rules
from musterd.errors import BadRequestError

# The limit on a label in the containerd store, in bytes, and how much of its key a message shows.
_LONGEST_LABEL = 4096
_SHOWN_LABEL = 64


@dataclass(frozen=True, slots=True)
class LabelCondition:
    """A condition on labels.

    Attributes:
        key: The label that an image must have.
        value: The value that it must have; None for any.
        negated: Whether the image must not have it.
        lenient: Whether a negated condition with a value admits images without the label.
    """

    key: str
    value: str | None
    negated: bool = False
    lenient: bool = True

    def admits(self, labels: Mapping[str, str]) -> bool:
        """Tell whether *labels* satisfy the condition."""
        if self.negated and self.value is not None and self.key not in labels:
            return self.lenient
        return (self.key in labels and self.value in (None, labels[self.key])) is not self.negated


def conditions_on_labels(
    found: Mapping[str, Iterable[str]], rules: Rules
) -> tuple[LabelCondition, ...] | None:
    """Return the conditions in `label`, and in `label!`, which only the containerd store has."""
    if not rules.containerd:
        return labels(found["label"]) if "label" in found else None
    known: list[LabelCondition] = []
    for key in ("label", "label!"):
        for condition in labels(found.get(key, ())):
            _check_label(condition)
            is_turned = condition.key.endswith("!")
            known.append(
                LabelCondition(
                    condition.key.removesuffix("!"),
                    condition.value,
                    negated=is_turned != (key == "label!"),
                    lenient=rules.lenient_label_not,
                )
            )
    return tuple(known) or None


def _check_label(condition: LabelCondition) -> None:
    """Refuse a label that containerd could not store (containerd v2.1 ``pkg/labels``)."""
    length = len(condition.key.encode()) + len((condition.value or "").encode())
    if length > _LONGEST_LABEL:
        raise BadRequestError(
            f"label key and value length ({length} bytes) greater than maximum size "
            f"({_LONGEST_LABEL} bytes), key: {condition.key[:_SHOWN_LABEL]}: invalid argument"
        )


def labels(texts: Iterable[str]) -> tuple[LabelCondition, ...]:
    """Return the conditions in the values of `label`."""
    return tuple(map(_label, texts))


def _label(text: str) -> LabelCondition:
    key, equals, value = text.partition("=")
    return LabelCondition(key, value if equals else None)
