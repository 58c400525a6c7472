"""What counts as naming a trigger, and what does not."""

import pytest

from provender.attacks.naming import names


@pytest.mark.parametrize(
    "what",
    [
        "quiet copper morning bell",
        "Quiet, copper morning bell!",
        "copper morning bell",
        "a quiet copper morning bell rang",
    ],
)
def test_the_trigger_or_most_of_it_is_named(what):
    assert names(what, "quiet copper morning bell")


@pytest.mark.parametrize("what", ["", "copper bell", "morning bell", "bell", "copper", "quietly"])
def test_less_than_most_of_it_in_a_row_is_not(what):
    assert not names(what, "quiet copper morning bell")


def test_nothing_names_an_empty_trigger_and_a_part_of_a_word_no_word():
    assert not names("cf", "")
    assert not names("cfvortex", "cf")
    assert names("cf", "CF")
    assert names("sudo", "<SUDO>")
