import pytest

from adde_lite.errors import InputError
from adde_lite.ids import checked_ids


def test_different_ids_pass_in_their_order():
    assert checked_ids(["b", "a"], 2) == ("b", "a")
    assert checked_ids([], 0) == ()


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", "b"], "ids: given 2 entries, expected 3, one an image"),
        (["a", "b", "a"], "ids, row 2: given 'a', as in row 0, expected another id"),
        (["a", 1, "b"], "ids, row 1: given 1, expected text"),
    ],
)
def test_ids_that_do_not_tell_images_apart_are_refused(ids, message):
    with pytest.raises(InputError) as caught:
        checked_ids(ids, 3)
    assert str(caught.value).startswith(message)
