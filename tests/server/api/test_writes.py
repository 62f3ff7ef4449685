import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from musterd.api.writes import WriteOperations
from musterd.app import create_app
from musterd.archives import listing_json
from musterd.archives.limits import Limits
from musterd.archives.reader_pool import ReaderPool
from musterd.storage.store import ImageStore
from musterd.zstandard import zstd
from tests.server.support.archives import LAYER, Layout, digest, id_of, pack, saved, several

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def shared_app(current: Any) -> Any:
    return create_app(current, Limits(archive_size=2**20, document_size=2**16))


@pytest.fixture
def ask(ask_shared: Ask) -> Ask:
    return ask_shared


@pytest.fixture
def load(ask: Ask) -> Ask:
    """Load an archive, and return the messages of the response."""

    def load(data: bytes, target: str = "/images/load", **options: Any) -> list[Any]:
        answer = ask(target, "POST", body=[data], **options)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.body.count(b"\r\n") == answer.body.count(b"\n")
        return [json.loads(line) for line in answer.body.splitlines()]

    return load


@pytest.fixture
def tags(store: ImageStore) -> Callable[[], dict[str, list[str]]]:
    """Return the images by Id, with their tags."""
    return lambda: {
        image.id: sorted(tag.familiar for tag in image.tags) for image in store.images()
    }


def stream(text: str) -> dict[str, str]:
    return {"stream": f"{text}\n"}


class TestLoad:
    def test_the_loaded_fixtures_are_listed_as_docker_does(
        self, store: ImageStore, load: Ask, ask_app: Ask, data: Path
    ) -> None:
        golden = json.loads((data / "docker-1.11.2.json").read_text())
        assert len(load((data / "fixtures.tar.xz").read_bytes())) == 25
        listed = ask_app(create_app(store), "/v1.23/images/json?all=1&digests=1").json
        expected = {image["Id"]: image for image in golden["listing"]}
        assert len(listed) == 20
        for image in listed:
            same = expected[image["Id"]]
            for key in ("Created", "Size", "VirtualSize", "RepoTags"):
                assert image[key] == same[key]
            assert image.get("ParentId", "") == same["ParentId"]
            assert image["Labels"] == (same["Labels"] or {})

    def test_every_loaded_name_is_reported(self, load: Ask) -> None:
        data = several(("x", ["a:1", "b:2"], None), ("y", [], None))
        assert load(data) == [stream("Loaded image: a:1"), stream("Loaded image: b:2")]

    def test_unnamed_images_are_reported_by_id(self, load: Ask) -> None:
        assert load(several(("x", [], None))) == [stream(f"Loaded image ID: {id_of('x')}")]

    def test_an_image_that_loses_its_name_is_reported(self, load: Ask, tags: Ask) -> None:
        load(several(("x", ["a:1"], None)))
        assert load(several(("y", ["a:1"], None))) == [
            stream(
                "The image a:1 already exists, renaming the old one with ID "
                f"{id_of('x')} to empty string"
            ),
            stream("Loaded image: a:1"),
        ]
        assert tags() == {id_of("x"): [], id_of("y"): ["a:1"]}

    def test_reloading_an_image_keeps_its_names_and_its_parent(
        self, load: Ask, tags: Ask, store: ImageStore
    ) -> None:
        load(several(("x", [], None), ("y", ["a:1"], "x")))
        load(several(("y", ["a:2", "a:1"], None)))
        load(several(("x", [], None), ("y", [], "x")))
        assert tags() == {id_of("x"): [], id_of("y"): ["a:1", "a:2"]}
        assert {image.parent for image in store.images()} == {None, id_of("x")}

    def test_an_id_without_its_algorithm_is_recognized(
        self, load: Ask, tags: Ask, store: ImageStore
    ) -> None:
        digits = id_of("x").removeprefix("sha256:")
        listing = [{"Id": digits, "Created": 1, "Size": 1, "RepoTags": ["b:1"]}]
        store.put(listing_json.parse(json.dumps(listing).encode(), "x"))
        load(several(("x", ["a:1"], None)))
        assert tags() == {digits: ["a:1", "b:1"]}

    def test_progress_is_reported_unless_quiet(self, load: Ask) -> None:
        layers = [("l", LAYER), ("m", LAYER)]
        data = pack(saved(layers=layers))
        assert load(data, "/images/load?quiet=0") == [
            {
                "status": "Loading layer",
                "progressDetail": {"current": 8, "total": 8},
                "progress": f"[{'=' * 50}>]       8B/8B",
                "id": digest(LAYER)[7:19],
            },
            stream("Loaded image: a:1"),
        ]
        # The layers are there by now.
        assert load(data, "/images/load?quiet=0") == [stream("Loaded image: a:1")]

    @pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress])
    def test_an_oci_image_layout_can_be_loaded(
        self, load: Ask, compress: Callable[[bytes], bytes]
    ) -> None:
        layout = Layout()
        manifest = layout.image(annotations={"io.containerd.image.name": "docker.io/library/a:1"})
        assert load(compress(layout.tar(manifest))) == [stream("Loaded image: a:1")]

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/x-tar",
            "application/tar",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "bogus",
            "",
        ],
    )
    def test_the_content_type_is_ignored(self, load: Ask, content_type: str) -> None:
        headers = {"Content-Type": content_type} if content_type else {}
        assert load(several(("x", ["a:1"], None)), headers=headers)

    def test_a_body_may_arrive_in_chunks(self, ask: Ask, tags: Ask) -> None:
        data = pack(saved(layers=[("l", bytes(400_000))], more=[("f", bytes(600_000))]))
        data += bytes(2**20 - len(data))
        pieces = [data[start : start + 10_000] for start in range(0, len(data), 10_000)]
        assert ask("/v1.41/images/load", "POST", body=pieces).status == 200
        assert len(tags()) == 1

    @pytest.mark.parametrize("version", ["", "/v1.23"])
    @pytest.mark.parametrize(
        ("data", "status", "message"),
        [
            (b"", 400, "the archive has neither a manifest.json nor an index.json"),
            (b"hello", 400, "the archive is neither an archive of `docker save` nor an OCI"),
            (pack(saved(Config="d")), 400, "the archive: d is not there, though it is named"),
            (pack(saved())[:3000], 400, "the archive is damaged or cut short"),
            (bytes(2**20 + 1), 413, "the archive has more than 1048576 bytes"),
            (pack(saved("{" + " " * 2**16)), 413, "too many for its kind"),
            (pack(saved(more=[("../x", b"")])), 400, "../x lies outside the archive"),
        ],
    )
    def test_a_bad_archive_gets_a_clear_error_and_changes_nothing(
        self, ask: Ask, tags: Ask, version: str, *, data: bytes, status: int, message: str
    ) -> None:
        answer = ask(f"{version}/images/load", "POST", body=[data])
        assert answer.status == status
        text = answer.body.decode() if version else answer.json["message"]
        assert message in text
        assert tags() == {}
        assert ask("/_ping").status == 200

    def test_a_client_that_leaves_changes_nothing(self, ask: Ask, ask_app: Ask, tags: Ask) -> None:
        answer = ask("/images/load", "POST", body=[])
        assert answer.json == {"message": "the client left before the end of the archive"}
        assert tags() == {}

    def test_an_archive_of_a_disconnected_client_is_not_loaded(self, ask: Ask, tags: Ask) -> None:
        answer = ask("/images/load", "POST", body=[pack(saved())], leaves=True)
        assert answer.status == 400
        assert answer.json == {"message": "the client left while its archive was read"}
        assert tags() == {}


class TestTag:
    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("repo=b&tag=2", "b:2"),
            ("repo=b", "b:latest"),
            ("repo=b&tag=", "b:latest"),
            ("repo=b:3", "b:3"),
            ("repo=b:3&tag=4", "b:4"),
            ("repo=docker.io/library/b", "b:latest"),
            ("repo=localhost:5000/b&force=1", "localhost:5000/b:latest"),
            ("repo=a&tag=1", "a:1"),
        ],
    )
    def test_an_image_can_be_tagged(
        self, ask: Ask, load: Ask, tags: Ask, query: str, name: str
    ) -> None:
        load(several(("x", ["a:1"], None)))
        answer = ask(f"/images/a:1/tag?{query}", "POST")
        assert (answer.status, answer.body) == (201, b"")
        assert tags() == {id_of("x"): sorted({"a:1", name})}

    def test_a_digest_before_a_tag_is_ignored_up_to_1_41(
        self, ask: Ask, load: Ask, tags: Ask
    ) -> None:
        load(several(("x", ["a:1"], None)))
        path = f"/images/a:1/tag?repo=b@{digest(b'')}&tag=5"
        assert ask(f"/v1.41{path}", "POST").status == 201
        assert tags() == {id_of("x"): ["a:1", "b:5"]}
        answer = ask(f"/v1.42{path}", "POST")
        assert (answer.status, answer.json) == (400, {"message": "cannot import digest reference"})

    @pytest.mark.parametrize(
        ("version", "status", "message"),
        [
            ("1.41", 404, "No such image: nosuch:latest"),
            (
                "1.42",
                400,
                "invalid reference format: repository name (library/UP) must be lowercase",
            ),
        ],
    )
    def test_the_new_name_is_checked_first_from_1_42(
        self, ask: Ask, version: str, status: int, message: str
    ) -> None:
        answer = ask(f"/v{version}/images/nosuch/tag?repo=UP", "POST")
        assert (answer.status, answer.json) == (status, {"message": message})

    def test_an_existing_name_moves_to_the_tagged_image(
        self, ask: Ask, load: Ask, tags: Ask
    ) -> None:
        load(several(("x", ["a:1", "a:2"], None), ("y", ["b:1"], None)))
        assert ask("/images/b:1/tag?repo=a&tag=1", "POST").status == 201
        assert tags() == {id_of("x"): ["a:2"], id_of("y"): ["a:1", "b:1"]}

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("", "invalid reference format"),
            ("repo=UP", "invalid reference format: repository name must be lowercase"),
            ("repo=b&tag=a%20b", "invalid tag format"),
            ("repo=sha256&tag=x", "refusing to create an ambiguous tag using digest algorithm"),
            (f"repo=b@{digest(b'')}", "refusing to create a tag with a digest reference"),
            (f"repo={'k' * 256}", "repository name must not be more than 255 characters"),
            (f"repo={'a' * 64}", "cannot specify 64-byte hexadecimal strings"),
        ],
    )
    def test_a_malformed_name_is_refused(
        self, ask: Ask, load: Ask, tags: Ask, query: str, message: str
    ) -> None:
        load(several(("x", ["a:1"], None)))
        answer = ask(f"/v1.41/images/a:1/tag?{query}", "POST")
        assert answer.status == 400
        assert message in answer.json["message"]
        assert tags() == {id_of("x"): ["a:1"]}

    @pytest.mark.parametrize(
        ("name", "status", "message"),
        [
            ("nosuch", 404, "No such image: nosuch:latest"),
            ("sha256:abc", 404, "No such image: sha256:abc"),
            ("0" * 64, 404, f"No such image: sha256:{'0' * 64}"),
            (f"a@sha256:{'0' * 64}", 404, f"No such image: a@sha256:{'0' * 64}"),
            (f"a:1@sha256:{'0' * 64}", 404, f"No such image: a:1@sha256:{'0' * 64}"),
            ("docker.io/library/zz", 404, "No such image: zz:latest"),
            ("UP", 400, "invalid reference format: repository name must be lowercase"),
            ("a%20b", 400, "invalid reference format"),
            ("%20", 400, "image name cannot be blank"),
        ],
    )
    def test_unknown_images_cannot_be_tagged_or_deleted(
        self, ask: Ask, name: str, status: int, message: str
    ) -> None:
        for path, method in ((f"{name}/tag?repo=b", "POST"), (name, "DELETE")):
            answer = ask(f"/v1.41/images/{path}", method)
            assert (answer.status, answer.json) == (status, {"message": message})

    def test_errors_are_plain_text_in_1_23(self, ask: Ask) -> None:
        answer = ask("/v1.23/images/nosuch/tag?repo=b", "POST")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert (answer.status, answer.body) == (404, b"No such image: nosuch\n")


class TestDelete:
    @pytest.fixture
    def family(self, load: Ask) -> None:
        load(
            several(
                ("base", ["base:1"], None),
                ("mid", [], "base"),
                ("leaf", [], "mid"),
                ("child", ["app:1", "app:2"], "mid"),
                ("two", ["a:1", "b:1"], None),
            )
        )

    @pytest.fixture
    def delete(self, ask: Ask, family: None) -> Ask:
        def delete(name: str) -> list[str]:
            answer = ask(f"/images/{name}", "DELETE")
            assert answer.status == 200
            return [
                f"-{record['Untagged']}" if "Untagged" in record else record["Deleted"]
                for record in answer.json
            ]

        return delete

    def test_deleting_one_of_several_names_only_untags_the_image(
        self, delete: Ask, tags: Ask
    ) -> None:
        assert delete("app:1") == ["-app:1"]
        assert tags()[id_of("child")] == ["app:2"]

    def test_deleting_the_last_name_deletes_the_image_and_unneeded_parents(
        self, delete: Ask, tags: Ask
    ) -> None:
        assert delete(id_of("leaf")[7:15]) == [id_of("leaf")]
        assert delete("docker.io/library/app:1") == ["-app:1"]
        assert delete("app:2") == ["-app:2", id_of("child"), id_of("mid")]
        assert delete("base:1") == ["-base:1", id_of("base")]
        assert set(tags()) == {id_of("two")}

    def test_noprune_keeps_the_parents(self, delete: Ask, tags: Ask) -> None:
        delete(id_of("leaf"))
        assert delete("app:1?noprune=1") == ["-app:1"]
        assert delete("app:2?noprune=1") == ["-app:2", id_of("child")]
        assert id_of("mid") in tags()

    def test_parents_needed_by_another_image_are_kept(self, delete: Ask, tags: Ask) -> None:
        delete(id_of("leaf"))
        assert id_of("mid") in tags()

    def test_deleting_the_last_name_of_a_parent_image_only_untags_it(
        self, delete: Ask, tags: Ask
    ) -> None:
        assert delete("base:1") == ["-base:1"]
        assert tags()[id_of("base")] == []

    @pytest.mark.parametrize("force", ["", "?force=1"])
    @pytest.mark.parametrize("name", ["base", "mid"])
    def test_an_image_with_children_cannot_be_deleted_by_id(
        self, ask: Ask, family: None, tags: Ask, name: str, force: str
    ) -> None:
        before = tags()
        answer = ask(f"/v1.41/images/{id_of(name)}{force}", "DELETE")
        short = id_of(name)[7:19]
        assert answer.status == 409
        assert answer.json["message"] == (
            f"conflict: unable to delete {short} (cannot be forced) - "
            "image has dependent child images"
        )
        assert tags() == before

    @pytest.mark.parametrize("name", ["two", "child"])
    def test_deleting_an_image_with_several_names_by_id_needs_force(
        self, ask: Ask, delete: Ask, tags: Ask, name: str
    ) -> None:
        answer = ask(f"/v1.23/images/{id_of(name)}", "DELETE")
        short = id_of(name)[7:19]
        assert answer.status == 409
        assert answer.body.decode() == (
            f"conflict: unable to delete {short} (must be forced) - "
            "image is referenced in multiple repositories\n"
        )
        names = tags()[id_of(name)]
        assert delete(f"{id_of(name)}?force=1") == [*(f"-{each}" for each in names), id_of(name)]

    def test_an_image_with_one_name_can_be_deleted_by_id(
        self, ask: Ask, load: Ask, tags: Ask
    ) -> None:
        load(several(("x", ["a/b/c:1"], None)))
        answer = ask(f"/images/{id_of('x')[:20]}", "DELETE")
        assert answer.json == [{"Untagged": "a/b/c:1"}, {"Deleted": id_of("x")}]
        assert tags() == {}

    def test_an_ambiguous_id_is_refused(
        self, ask: Ask, store: ImageStore, make_image: Callable[..., Any]
    ) -> None:
        store.put([make_image(1), make_image(2)])
        assert ask("/images/0000", "DELETE").status == 404
        assert len(store.images()) == 2

    @pytest.mark.parametrize(
        ("names", "wanted", "removed"),
        [
            ((["a:1"], ["a@"]), "a:1", ["a:1", "a@"]),
            ((["a:1", "a:2"], ["a@"]), "a:1", ["a:1"]),
            ((["a:1"], ["a@", "b@"]), "a:1", ["a:1", "a@"]),
            ((["a:1"], ["a@"]), "a@", ["a@"]),
            (([], ["a@", "b@"]), "a@", ["a@"]),
            ((["a:1"], ["a@"]), "id", ["a:1", "a@"]),
            ((["a:1"], ["b@"]), "id", None),
        ],
    )
    def test_deleting_the_last_tag_of_a_repository_removes_its_digests(
        self,
        ask: Ask,
        store: ImageStore,
        make_image: Callable[..., Any],
        *,
        names: Any,
        wanted: str,
        removed: list[str] | None,
    ) -> None:
        whole = digest(b"m")
        image = make_image(7, tags=names[0], digests=[name + whole for name in names[1]])
        store.put([image])
        name = image.id if wanted == "id" else wanted.replace("@", f"@{whole}")
        answer = ask(f"/images/{name}", "DELETE")
        if removed is None:
            assert answer.status == 409
            return
        assert [record["Untagged"] for record in answer.json if "Untagged" in record] == [
            name.replace("@", f"@{whole}") for name in removed
        ]
        assert bool(store.images()) == (len(removed) < len(names[0]) + len(names[1]))

    def test_a_name_that_looks_like_the_images_id_is_treated_as_an_id(
        self, ask: Ask, store: ImageStore, make_image: Callable[..., Any]
    ) -> None:
        image = make_image(7, tags=["000:latest", "b:1"])
        store.put([image])
        assert ask("/images/000", "DELETE").status == 409

    def test_an_image_named_json_can_be_deleted(self, ask: Ask, load: Ask, tags: Ask) -> None:
        assert ask("/images/json", "DELETE").status == 404
        load(several(("x", ["json:latest"], None)))
        assert ask("/images/json", "DELETE").status == 200
        assert tags() == {}


def test_a_failed_change_keeps_the_revision(ask: Ask, store: ImageStore) -> None:
    before = store.revision()
    ask("/images/nosuch", "DELETE")
    ask("/images/nosuch/tag?repo=a", "POST")
    assert store.revision() == before


def test_a_reader_process_is_prepared_while_the_application_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(ReaderPool, "prepare", lambda _: seen.append("ready"))
    monkeypatch.setattr(ReaderPool, "close", lambda _: seen.append("closed"))
    operations = WriteOperations(cast("ImageStore", None))

    async def run() -> None:
        async with operations.lifespan(None):
            seen.append("running")

    asyncio.run(run())
    assert seen == ["ready", "running", "closed"]
