import pytest

from servers.language.synonyms import alternatives, canonical, names, signed, wider
from servers.language.words import analyze


def words(text: str) -> tuple[str, ...]:
    return tuple(analyze(text))


@pytest.mark.parametrize(
    ("name", "stands_for"),
    [
        ("laptop", "notebook"),
        ("laptops", "notebook"),
        ("gaming laptop", "gaming notebook"),
        ("TV", "television"),
        ("all-in-one printer", "multifunction printer"),
        ("kettle", "kettle"),
        ("wooden spoon", "wooden spoon"),
    ],
)
def test_names_of_the_same_kind_of_thing_have_one_name(name: str, stands_for: str):
    assert canonical(words(name)) == words(stands_for)


def test_the_name_that_stands_for_others_stands_for_itself():
    for one in names().values():
        assert canonical(one) == one


@pytest.mark.parametrize(
    ("narrow", "broad"),
    [
        ("chromebook", "notebook"),
        ("all-in-one printer", "printer"),
        ("smartphone", "mobile phone"),
        ("plotter", "printer"),
        ("wireless headset", "headphone"),
    ],
)
def test_a_kind_of_thing_is_the_broader_kind_too(narrow: str, broad: str):
    assert any(kind[-len(words(broad)) :] == words(broad) for kind in wider(words(narrow)))


def test_a_broad_kind_is_not_the_narrow_one():
    assert wider(words("notebook")) == (("notebook",),)


def test_three_attributes_that_only_phones_state_are_a_sign_of_one():
    signs = ["sim card type", "mobile network generation", "rear camera type"]
    assert signed(signs) == ("smartphone",)
    assert signed(signs[:2]) == ()


def test_words_that_say_the_same_find_each_other():
    assert ("wlan",) in alternatives()[("wifi",)]
    assert ("wifi",) in alternatives()[("wlan",)]
    for said, others in alternatives().items():
        assert said not in others
        assert all(said in alternatives()[other] for other in others)
