import io

import pytest

from musterd.archives.limits import MAX_LAYERS, Budget, Cost, Limits, Received
from musterd.errors import ArchiveTooLargeError


def budget(**limits: int) -> Budget:
    return Budget(Limits(**limits), "x")


def test_work_out_of_proportion_to_the_size_is_refused() -> None:
    small = budget()
    small.spend(Cost.TAG, 1_000_000 // Cost.TAG)
    with pytest.raises(ArchiveTooLargeError, match=r"^x holds more files, headers, names"):
        small.spend(Cost.TAG)


def test_each_received_byte_allows_another_step() -> None:
    larger = budget()
    larger.receive(1000)
    larger.spend(Cost.RECORD, 1_001_000)
    with pytest.raises(ArchiveTooLargeError):
        larger.spend(Cost.RECORD)


def test_a_header_counts_as_an_entry_and_as_steps() -> None:
    few = budget(entries=2)
    few.spend_entry()
    few.spend_entry()
    with pytest.raises(ArchiveTooLargeError, match="more than 2 files"):
        few.spend_entry()
    many = budget()
    many.spend(Cost.RECORD, 999_999)
    with pytest.raises(ArchiveTooLargeError, match="than an archive of its size may"):
        many.spend_entry()


def test_an_image_has_a_thousand_layers_at_most() -> None:
    budget().check_layers(MAX_LAYERS, "c.json")
    with pytest.raises(
        ArchiveTooLargeError, match=r"^x: c\.json has 1001 layers; an image may have 1000$"
    ):
        budget().check_layers(MAX_LAYERS + 1, "c.json")


def test_nested_compression_is_allowed_for_once() -> None:
    both = budget(unpacked_size=2**40)
    both.receive(2**22)
    both.spend_unpacked(300 * 2**20)
    with pytest.raises(ArchiveTooLargeError, match=r"^x unpacks to more than 419430400 bytes$"):
        both.spend_unpacked(150 * 2**20)


def test_bytes_read_from_a_file_are_counted() -> None:
    counted = budget(archive_size=10)
    file = Received(io.BytesIO(bytes(20)), counted)
    assert file.read(10) == bytes(10)
    assert counted.received == 10
    with pytest.raises(ArchiveTooLargeError, match=r"^x has more than 10 bytes$"):
        file.read(1)
