"""Names are found however they are written; phones are repaired where the mistake is certain."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patients.rules import (
    LIKELY,
    Identity,
    PhoneError,
    age_in_years,
    clean_phone,
    fold,
    likeness,
    query_keys,
    search_keys,
    sound,
    stored_keys,
)

BORN = date(1980, 5, 12)
PARTICLES = {"de", "du", "la", "le", "ne", "ep", "mme", "mr", "dit", "epse", "epouse", "nee"}


def person(given="Jean-Paul", family="Mbarga", sex="M", born=BORN, **values):
    return Identity(given, family, sex, born, **values)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Édith", "edith"),
        ("N’Guéma", "nguema"),
        ("Jean-Paul", "jean paul"),
        ("  Ngo   Bassong ", "ngo bassong"),
        ("Œdipe", "oedipe"),
    ],
)
def test_accents_and_punctuation_fold_away(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nguema", "ngema"),
        ("tchoua", "choua"),
        ("mbarga", "barga"),
        ("fouda", "fuda"),
        ("yvette", "ivette"),
        ("kamdem", "camdem"),
    ],
)
def test_spellings_of_one_sound_share_a_key(one, other):
    assert sound(one) == sound(other)


@pytest.mark.parametrize(
    ("one", "other"), [("mbarga", "mballa"), ("fouda", "fotso"), ("kamga", "kenne")]
)
def test_different_names_sound_different(one, other):
    assert sound(one) != sound(other)


@pytest.mark.parametrize(
    ("other", "at_least"),
    [
        (person(), 90),
        (person("Paul Jean", "MBARGA"), 80),
        (person("Mbarga", "Jean Paul"), 80),
        (person(born=date(1980, 12, 5)), 80),
        (person(born=date(1981, 7, 1), birth_date_is_estimated=True), LIKELY),
        (person("Jean", "Mbarga", phone="+237699123456"), LIKELY),
    ],
)
def test_likely_the_same_person(other, at_least):
    assert likeness(person(phone="+237699123456"), other).score >= at_least


@pytest.mark.parametrize(
    "other",
    [
        person("Jeanne", "Mbarga", sex="F"),
        person("Bertrand", "Fotso"),
        person("Jean-Paul", "Mbarga", born=date(1951, 1, 1)),
        person("Grâce", "Mballa", sex="F", phone="+237699123456"),
    ],
)
def test_not_taken_for_the_same_person(other):
    assert likeness(person(phone="+237699123456"), other).score < LIKELY


# Few letters, so that names often resemble each other; any letters, so that nothing is left out.
names = st.text(alphabet="ab01é ", max_size=8) | st.text(max_size=30)


@example("", "0", "", "000")
@given(names, names, names, names)
def test_likeness_is_symmetric_and_bounded(a, b, c, d):
    one, other = person(a, b), person(c, d)
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other).score <= 100


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_stored_is_found_by_its_first_letters(given_name, family_name):
    keys = search_keys(given_name=given_name, family_name=family_name, phones=[], record_number="")
    for word in fold(f"{given_name} {family_name}").split():
        if len(word) >= 2:
            asked = query_keys(word[:4])
            is_particle = word in PARTICLES or word[:4] in {"epou", "epse", "nee", "mme", "dit"}
            assert set(asked) <= set(keys) or is_particle or asked[0].startswith(("t:", "r:"))


def test_a_phone_is_found_by_its_first_four_digits_however_it_is_written():
    keys = search_keys(given_name="", family_name="", phones=["+237699123456"], record_number="")
    for typed in ("6991", "69912", "699 12 34 56", "+237699123456", "237699123456"):
        assert set(query_keys(typed)) <= set(keys), typed


def test_a_record_number_is_found_in_any_spelling():
    keys = search_keys(given_name="", family_name="", phones=[], record_number="YA-26-7KQ4M2")
    assert (
        query_keys("ya 26 7kq4m2")
        == query_keys("YA-26-7KQ4M2")
        == [key for key in keys if key[0] == "r"]
    )


def test_names_are_kept_under_each_facility_only_numbers_anywhere():
    keys = stored_keys(["n:fo", "s:fd", "t:6991", "r:x"], ["a" * 24, "b" * 24])
    assert "n:fo" not in keys
    assert {"t:6991", "r:x", "aaaaaaaa|n:fo", "bbbbbbbb|n:fo"} <= set(keys)


@pytest.mark.parametrize(
    ("typed", "country", "phone"),
    [
        ("699123456", "CM", "+237699123456"),
        ("6 99.12-34 56", "CM", "+237699123456"),
        ("+237 699 123 456", "CM", "+237699123456"),
        ("00237699123456", "CM", "+237699123456"),
        ("237237699123456", "CM", "+237699123456"),
        ("99123456", "CM", "+237699123456"),
        ("22231000", "CM", "+237222231000"),
        ("69912345O", "CM", "+237699123450"),
        ("0712345678", "KE", "+254712345678"),
        ("+254712345678", "CM", "+254712345678"),
        ("+33612345678", "CM", "+33612345678"),
        ("", "CM", ""),
    ],
)
def test_common_mistakes_in_phones_are_repaired(typed, country, phone):
    assert clean_phone(typed, country) == phone


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("69912345", ""),
        ("6991234", "too-short"),
        ("69912345678", "too-long"),
        ("abc", "letters"),
        ("199123456", "landline-or-unknown"),
    ],
)
def test_what_cannot_be_repaired_is_explained(typed, code):
    if not code:
        assert clean_phone(typed) == "+237669912345"
        return
    with pytest.raises(PhoneError) as refused:
        clean_phone(typed)
    assert refused.value.code == code


@given(st.text(max_size=25))
def test_any_text_gives_a_phone_or_a_phone_error(text):
    try:
        phone, code = clean_phone(text), None
    except PhoneError as error:
        phone, code = "", error.code
    assert code in {None, "letters", "too-short", "too-long", "landline-or-unknown"}
    assert phone == "" or phone.startswith("+")


@pytest.mark.parametrize(
    ("today", "years"), [(date(2026, 5, 11), 45), (date(2026, 5, 12), 46), (date(2026, 5, 13), 46)]
)
def test_the_age_changes_on_the_birthday(today, years):
    assert age_in_years(BORN, today) == years
