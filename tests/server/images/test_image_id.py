import pytest

from musterd.images.image_id import ImageId

WHOLE = "0123456789abcdef" * 4


@pytest.mark.parametrize("digits", ["a", "00", WHOLE])
def test_ids_with_and_without_algorithm_are_equal(digits: str) -> None:
    image_id = ImageId.parse(digits)
    assert image_id is not None
    assert image_id == ImageId.parse(f"sha256:{digits}") == ImageId.of(f"sha256:{digits}")
    assert image_id.spellings == (f"sha256:{digits}", digits)
    assert str(image_id) == f"sha256:{digits}"
    assert image_id.is_whole is (digits == WHOLE)


@pytest.mark.parametrize("text", ["", "sha256:", "A", "g", "sha512:a", WHOLE + "0", "a\n", " a"])
def test_text_that_is_not_an_id_is_rejected(text: str) -> None:
    assert ImageId.parse(text) is None


def test_an_id_is_abbreviated_to_twelve_digits() -> None:
    assert ImageId.of(f"sha256:{WHOLE}").short == "0123456789ab"
