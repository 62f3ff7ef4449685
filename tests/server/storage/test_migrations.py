import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec.structs import replace

from musterd.archives import listing_json
from musterd.errors import DatabaseError
from musterd.images.image import NEVER, Image
from musterd.listing.filters import Filters
from musterd.listing.labels import LabelCondition
from musterd.listing.prefilter import Prefilter
from musterd.storage import catalogue, migrations, schema
from tests.server.support.stores import state

MakeImage = Callable[..., Image]


def test_every_schema_version_has_a_migration() -> None:
    assert len(migrations.STEPS) == schema.SCHEMA_VERSION


def by_all_steps(connection: sa.Connection) -> None:
    migrations.migrate(connection, 0, migrations.STEPS)


def opened(url: str, monkeypatch: pytest.MonkeyPatch, create: Any) -> Any:
    with monkeypatch.context() as other:
        other.setattr(migrations, "create", create)
        return closing(catalogue.open_store(url))


@pytest.mark.parametrize("create", [by_all_steps, migrations.create])
def test_the_created_tables_match_the_schema(
    any_url: str, monkeypatch: pytest.MonkeyPatch, create: Any
) -> None:
    with (
        opened(any_url, monkeypatch, create) as store,
        store._database.read_engine.connect() as connection,  # noqa: SLF001
    ):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, schema.metadata)
    # The schema creates this index with a statement of its own.
    assert [(kind, index.name) for kind, index in differences] == [
        ("remove_index", "reference_tag")
    ]


def described(connection: sa.Connection) -> dict[str, Any]:
    """Describe the tables; columns by name, as migrations append theirs at the end."""
    inspector = sa.inspect(connection)
    tables: dict[str, Any] = {}
    for name in inspector.get_table_names():
        tables[name] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name),
            "foreign": inspector.get_foreign_keys(name),
            "unique": inspector.get_unique_constraints(name),
            "indexes": {
                index["name"]: (
                    index["column_names"],
                    index["unique"],
                    [str(option) for option in index.get("dialect_options", {}).values()],
                )
                for index in inspector.get_indexes(name)
            },
            "options": inspector.get_table_options(name),
            "rows": sorted(connection.exec_driver_sql(f"SELECT * FROM {name}").all()),  # noqa: S608
        }
    if connection.dialect.name == "postgresql":
        for query in (
            "SELECT * FROM pg_policies ORDER BY tablename, policyname",
            (
                "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
                " WHERE relnamespace = 'musterd'::regnamespace AND relkind = 'r' ORDER BY 1"
            ),
        ):
            tables[query] = connection.exec_driver_sql(query).all()
    return tables


@pytest.mark.parametrize("kind", ["memory", "file", "postgresql"])
def test_a_new_catalogue_is_identical_to_a_migrated_one(
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    found = []
    for number, create in enumerate((by_all_steps, migrations.create)):
        if kind == "postgresql":
            request.getfixturevalue("postgres_server").execute(
                "DROP SCHEMA IF EXISTS musterd CASCADE"
            )
            url = request.getfixturevalue("postgresql_confined")
        else:
            url = catalogue.MEMORY if kind == "memory" else f"sqlite:///{tmp_path}/{number}.db"
        with (
            opened(url, monkeypatch, create) as store,
            store._database.read_engine.connect() as connection,  # noqa: SLF001
        ):
            found.append(described(connection))
    migrated, new = found
    assert {"account", "catalogue", "image", "label", "reference", "used_signature"} <= set(new)
    assert new == migrated


@pytest.fixture
def schema_1(tmp_path: Path, data: Path) -> str:
    """Make a catalogue as release 0.1 wrote it."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript((data / "schema-1.sql").read_text(encoding="utf-8"))
    return f"sqlite:///{tmp_path}/old.db"


def test_a_catalogue_of_release_0_1_is_migrated(schema_1: str, data: Path) -> None:
    expected = listing_json.parse((data / "schema-1.json").read_bytes(), "what it exported")
    with closing(catalogue.open_store(schema_1, create=False)) as store:
        revision, images = 3, store.images()
        assert store.revision() == revision
    # Its exports had no configs.
    shown = [replace(image, config=None, has_config=True, created_text=None) for image in images]
    assert {image.id: image for image in shown} == {image.id: image for image in expected}
    configs = [json.loads(image.config) for image in images if image.config is not None]
    assert [config["os"] for config in configs] == ["linux"] * 4
    with closing(catalogue.open_store(schema_1)) as store:
        assert state(store) == (revision, images)


@contextmanager
def of_schema_1(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Connection]:
    """Set up a catalogue of schema 1, and give a connection to fill it."""
    with monkeypatch.context() as old:
        old.setattr(schema, "SCHEMA_VERSION", 1)
        old.setattr(migrations, "STEPS", migrations.STEPS[:1])
        old.setattr(migrations, "create", by_all_steps)
        store = catalogue.open_store(url)
    with closing(store), store._database.write_engine.begin() as connection:  # noqa: SLF001
        yield connection


def old_image(number: int, *, has_labels: bool) -> dict[str, Any]:
    return {
        "id": f"sha256:{number:064x}",
        "created": 1_000_000 + number,
        "size": 10,
        "virtual_size": 10,
        "has_labels": has_labels,
        "own_order": False,
        "has_config": True,
    }


IMAGES = [
    old_image(1, has_labels=True),
    old_image(2, has_labels=True),
    old_image(3, has_labels=False),
]


def table(name: str, columns: Any) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


def test_labels_and_names_survive_a_migration(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, make_image: MakeImage
) -> None:
    name = {
        "image": IMAGES[0]["id"],
        "name": "a:1",
        "repository": "a",
        "tag": "1",
        "position": 0,
    }
    label = {"image": IMAGES[0]["id"], "key": "ключ", "value": '"★"'}
    with of_schema_1(shared_url, monkeypatch) as connection:
        connection.execute(sa.insert(table("image", IMAGES[0])), IMAGES)
        connection.execute(sa.insert(table("reference", name)), [name])
        connection.execute(sa.insert(table("label", label)), [label])
    with closing(catalogue.open_store(shared_url)) as store:
        assert sorted(store.images(), key=lambda image: image.id) == [
            make_image(1, tags=["a:1"], labels={"ключ": '"★"'}),
            make_image(2, labels={}),
            make_image(3, labels=None),
        ]
        labelled = Prefilter.of(Filters(labels=(LabelCondition("ключ", '"★"'),)))
        with store.snapshot() as snapshot:
            found = [each.entry.image for each in snapshot.candidates(labelled, NEVER)]
        assert [image.id for image in found] == [IMAGES[0]["id"]]


def test_a_failed_migration_changes_nothing(
    shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(op: Any) -> None:
        op.drop_table("reference")
        op.execute("SELECT nonsense")

    with of_schema_1(shared_url, monkeypatch) as connection:
        connection.execute(sa.insert(table("image", IMAGES[0])), IMAGES)
    with monkeypatch.context() as failing:
        failing.setattr(migrations, "STEPS", (*migrations.STEPS, broken))
        failing.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
        with pytest.raises(DatabaseError, match=r"^cannot open .*nonsense"):
            catalogue.open_store(shared_url)
    with closing(catalogue.open_store(shared_url)) as store:
        assert len(store.images()) == len(IMAGES)
        assert store.revision() == 0


def test_concurrent_migrations_take_turns(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All see the old version before any of them begins."""
    with of_schema_1(shared_url, monkeypatch) as connection:
        connection.execute(sa.insert(table("image", IMAGES[0])), IMAGES)
    together = threading.Barrier(4)
    migrate = migrations.migrate
    versions = []

    def note(connection: sa.Connection, version: int, steps: Any) -> None:
        versions.append(version)
        migrate(connection, version, steps)

    class Together:
        """Delays migrations until all processes have read the version."""

        def __init__(self, store_database: Any) -> None:
            self.original = store_database

        def __getattr__(self, name: str) -> Any:
            if name == "migration":
                together.wait(10)
            return getattr(self.original, name)

    connect = catalogue._connect  # noqa: SLF001
    monkeypatch.setattr(catalogue, "_connect", lambda *a, **k: Together(connect(*a, **k)))
    monkeypatch.setattr(migrations, "migrate", note)

    def start(_: int) -> int:
        with closing(catalogue.open_store(shared_url)) as store:
            return len(store.images())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(start, range(4))) == [len(IMAGES)] * 4
    assert versions == [1, *[schema.SCHEMA_VERSION] * 3]
