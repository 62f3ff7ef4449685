"""Accounts have separate images in every kind of store."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from musterd.api.removal import remove
from musterd.contract.rules import at
from musterd.contract.versions import NEWEST
from musterd.errors import AccountError, DatabaseError
from musterd.images.image import Image
from musterd.listing.lookup import ImageName
from musterd.storage import accounts, catalogue, schema
from musterd.storage.store import ImageStore
from tests.server.support.stores import state
from tools import postgresql as postgres

MakeImage = Callable[..., Image]

RULES = at(NEWEST)
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize("name", ["default", "a", "0", "a.b_c-d", "a" * 64])
def test_valid_account_names_are_accepted(name: str) -> None:
    assert accounts.check(name) == name


@pytest.mark.parametrize("name", ["", "A", "a ", "-a", "a.", "é", "a/b", "a\n", "a" * 65])
def test_invalid_account_names_are_refused(name: str) -> None:
    with pytest.raises(AccountError, match="is not an account name; write up to 64"):
        accounts.check(name)


@pytest.fixture
def red(store: ImageStore) -> ImageStore:
    return store.of("red")


@pytest.fixture
def blue(store: ImageStore) -> ImageStore:
    return store.of("blue")


class TestAccounts:
    def test_a_new_account_is_empty(self, red: ImageStore) -> None:
        assert state(red) == (0, [])
        assert red.revision() == 0
        assert red.accounts() == ["default"]

    def test_the_default_account_is_used_if_none_is_named(self, store: ImageStore) -> None:
        assert store.account == "default"
        assert store.of("default").account == "default"

    def test_accounts_have_separate_images_even_if_identical(
        self, red: ImageStore, blue: ImageStore, make_image: MakeImage
    ) -> None:
        mine = make_image(1, tags=["a:1"], digests=[f"a@{DIGEST}"], labels={"of": "red"})
        yours = make_image(1, tags=["a:1"], digests=[f"a@{DIGEST}"], labels={"of": "blue"})
        red.put([mine, make_image(2, tags=["a:2"])])
        blue.put([yours])
        assert blue.images() == [yours]
        assert red.images()[-1:] == [mine]
        assert red.accounts() == ["blue", "default", "red"]

    def test_each_account_counts_its_own_writes(
        self, red: ImageStore, blue: ImageStore, make_image: MakeImage
    ) -> None:
        for number in range(3):
            red.put([make_image(number)])
        blue.put([make_image(1)])
        assert (red.revision(), blue.revision(), red.of("default").revision()) == (3, 1, 0)
        assert blue.revision() == 1

    def test_images_of_another_account_cannot_be_found_or_changed(
        self, red: ImageStore, blue: ImageStore, make_image: MakeImage
    ) -> None:
        number = 0xABC << 240
        secret = make_image(1, id=f"sha256:{number:064x}", tags=["secret:1"], parent=7)
        red.put([secret, make_image(7), make_image(9, parent=number)])
        blue.put([make_image(2, tags=["b:1"])])
        with blue.transaction() as transaction:
            for name in ("secret:1", secret.id, secret.id.removeprefix("sha256:")[:40]):
                assert transaction.find(ImageName.parse(name, RULES)) is None
            assert transaction.names(secret.id) == []
            assert not transaction.has_children(secret.id)
            transaction.untag(secret.id, secret.tags[0])
            transaction.remove(secret.id)
            transaction.put([make_image(1, id=secret.id)])
            assert transaction.tag(make_image(2).id, secret.tags[0]) is None
            transaction.clear()
        assert blue.images() == []
        assert max(red.images(), key=lambda image: image.id) == secret

    def test_children_in_another_account_do_not_prevent_deletion(
        self, red: ImageStore, blue: ImageStore, make_image: MakeImage
    ) -> None:
        blue.put([make_image(1), make_image(2, parent=1)])
        red.put([make_image(1)])
        with red.transaction() as transaction:
            remove(transaction, ImageName.parse(make_image(1).id, RULES), force=False, prune=True)
        assert red.images() == []
        assert len(blue.images()) == 2

    def test_id_prefixes_are_resolved_within_the_account(
        self, red: ImageStore, blue: ImageStore, make_image: MakeImage
    ) -> None:
        red.put([make_image(0x11)])
        blue.put([make_image(0x12)])
        with red.transaction() as transaction:
            assert transaction.find(ImageName.parse("0" * 62, RULES)) == make_image(0x11).id


def test_a_write_in_one_account_does_not_wait_for_another(
    postgresql_confined: str, make_image: MakeImage
) -> None:
    with closing(catalogue.open_store(postgresql_confined)) as store:
        with store.of("red").transaction(), ThreadPoolExecutor(1) as threads:
            threads.submit(store.of("blue").put, [make_image(1)]).result(timeout=10)
        assert store.of("blue").images() == [make_image(1)]


def test_concurrent_writes_to_a_new_account_queue_up(
    store: ImageStore, make_image: MakeImage
) -> None:
    together = threading.Barrier(4)

    def put(number: int) -> None:
        together.wait()
        store.of("new").put([make_image(number)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, range(4)))
    assert store.of("new").revision() == 4
    assert len(store.of("new").images()) == 4


def test_concurrent_accounts_stay_separate(shared_url: str, make_image: MakeImage) -> None:
    """Pooled connections go from one account to the other, and back."""
    names = [f"account-{number}" for number in range(4)]

    def work(name: str) -> None:
        for number in range(10):
            own = store.of(name)
            image = make_image(number, tags=["same:1"], labels={"of": name})
            own.put([image])
            found = own.images()
            assert len(found) == number + 1
            assert {image.labels["of"] for image in found if image.labels} == {name}

    with closing(catalogue.open_store(shared_url)) as store, ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(work, name) for name in names]:
            done.result()
        assert [store.of(name).revision() for name in names] == [10] * 4


class TestSqlite:
    def test_foreign_keys_do_not_span_accounts(self, tmp_path: Path, make_image: MakeImage) -> None:
        with closing(catalogue.open_store(f"sqlite:///{tmp_path}/x.db")) as store:
            store.of("red").put([make_image(1, tags=["a:1"])])
        with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
                connection.execute(
                    "INSERT INTO reference (account, image, name, repository, position)"
                    " VALUES ('blue', ?, 'b:1', 'b', 0)",
                    [make_image(1).id],
                )


class TestPostgresql:
    """The database itself separates accounts, even if a statement lacks the condition."""

    @pytest.fixture
    def filled(self, postgresql_confined: str, make_image: MakeImage) -> str:
        with closing(catalogue.open_store(postgresql_confined)) as store:
            store.of("red").put([make_image(1, tags=["red:1"])])
            store.of("blue").put([make_image(2, tags=["blue:1"])])
        return postgresql_confined

    @staticmethod
    @contextmanager
    def as_account(url: str, account: str | None) -> Iterator[psycopg.Connection[tuple[str, ...]]]:
        with psycopg.connect(url) as connection:
            connection.execute("SET search_path TO musterd")
            if account is not None:
                connection.execute("SELECT set_config('musterd.account', %s, true)", [account])
            yield connection

    def test_a_transaction_sees_only_its_account(self, filled: str, make_image: MakeImage) -> None:
        with self.as_account(filled, "red") as connection:
            assert connection.execute("SELECT id FROM image").fetchall() == [(make_image(1).id,)]
            assert connection.execute("SELECT name FROM reference").fetchall() == [("red:1",)]

    @pytest.mark.parametrize("account", [None, "", "green"])
    def test_a_transaction_without_an_account_sees_nothing(
        self, filled: str, account: str | None
    ) -> None:
        with self.as_account(filled, account) as connection:
            for table in ("image", "reference", "used_signature"):
                query = sa.select(sa.func.count()).select_from(schema.metadata.tables[table])
                assert connection.execute(str(query)).fetchone() == (0,)

    def test_the_account_is_reset_after_the_transaction(self, filled: str) -> None:
        with self.as_account(filled, "red") as connection:
            connection.commit()
            assert connection.execute("SELECT count(*) FROM image").fetchone() == (0,)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE image SET size = 0",
            "UPDATE reference SET position = 9",
            "UPDATE account SET revision = 99 WHERE name = 'blue'",
            "DELETE FROM image",
            "DELETE FROM reference",
            "DELETE FROM account",
        ],
    )
    def test_statements_change_no_other_account(self, filled: str, statement: str) -> None:
        with closing(catalogue.open_store(filled)) as store:
            before = state(store.of("blue"))
            with self.as_account(filled, "red") as connection:
                connection.execute(statement)
            assert state(store.of("blue")) == before

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO account VALUES ('green', 1)",
            (
                "INSERT INTO image (account, id, created, size, virtual_size, own_order,"
                " has_config) VALUES ('blue', 'x', 0, 0, 0, false, true)"
            ),
            "INSERT INTO used_signature VALUES ('blue', 'x', 1)",
            "UPDATE image SET account = 'blue'",
            "UPDATE account SET name = 'green' WHERE name = 'red'",
        ],
    )
    def test_rows_cannot_be_inserted_for_another_account(self, filled: str, statement: str) -> None:
        with (
            self.as_account(filled, "red") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        ):
            connection.execute(statement)

    def test_the_store_separates_accounts_even_for_a_superuser(
        self, filled: str, postgres_server: postgres.Server, make_image: MakeImage
    ) -> None:
        with self.as_account(postgres_server.url(), None) as connection:
            assert connection.execute("SELECT count(*) FROM image").fetchone() == (2,)
        with closing(catalogue.open_store(postgres_server.url())) as store:
            with store.of("red").transaction() as transaction:
                transaction.clear()
            assert store.of("red").images() == []
            assert store.of("blue").images() == [make_image(2, tags=["blue:1"])]

    def test_every_table_with_images_has_row_level_security(
        self, postgres_server: postgres.Server
    ) -> None:
        unguarded = (
            "SELECT array_agg(relname::text) FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'musterd'::regnamespace"
            " AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        catalogue.open_store(postgres_server.url(user=postgres.ORDINARY)).close()
        assert postgres_server.ask(unguarded) == ["catalogue"]


def test_an_account_that_cannot_be_read_is_reported(store: ImageStore) -> None:
    with store._database.write_engine.begin() as connection:  # noqa: SLF001
        for table in (schema.reference, schema.label, schema.image, schema.account):
            connection.execute(sa.schema.DropTable(table))
    with pytest.raises(DatabaseError, match=r"^the catalogue's database failed: .*account"):
        store.accounts()
