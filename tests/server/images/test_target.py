"""An image in the containerd store."""

from musterd.images.target import Descriptor, Manifest, Target, merged

ONE = Descriptor(media_type="m", digest="sha256:1", size=3, annotations={"a": "1"})
OTHER = Descriptor(media_type="m", digest="sha256:2", size=4)


def test_the_size_includes_all_manifests_packed_and_unpacked() -> None:
    manifests = (
        Manifest(descriptor=ONE, content=3, unpacked=4),
        Manifest(descriptor=OTHER, content=5),
    )
    assert Target(descriptor=ONE, manifests=manifests).size == 12


def test_a_name_keeps_its_annotations() -> None:
    target = Target(descriptor=ONE, names={"a:1": {"a": "1"}, "a:2": {"a": "2"}, "b:1": None})
    assert target.described("a:2").annotations == {"a": "2"}
    assert target.described("b:1").annotations is None
    assert target.described("c:1") is target.described(None) is ONE


def test_a_name_belongs_to_the_last_target_that_has_it() -> None:
    first = Target(descriptor=ONE, names={"a:1": None, "a:2": None})
    second = Target(descriptor=OTHER, names={"a:1": {"b": "2"}})
    again = Target(descriptor=ONE, names={"a:3": None})
    assert merged((first, second)) == (
        Target(descriptor=ONE, names={"a:2": None}),
        second,
    )
    assert merged((first, second, again)) == (
        second,
        Target(descriptor=ONE, names={"a:2": None, "a:3": None}),
    )
    assert merged(()) == ()
