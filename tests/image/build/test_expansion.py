import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.image.build.expansion import expand, split

VARIABLES = {"A": "1", "EMPTY": "", "PATH_": "/x/y"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}-${NOPE:-fallback}${A:+yes}", "1-fallbackyes"),
        ("$A$NOPE.", "1."),
        ("${EMPTY:-x}${EMPTY-y}${NOPE-z}", "xz"),
        ("${EMPTY:+x}${EMPTY+y}${NOPE+z}", "y"),
        ("${NOPE:-${A}${PATH_}}", "1/x/y"),
        ("""'$A' "$A b" \\$A""", "$A 1 b $A"),
        (r'"\$A \" \\ \n"', r"$A " + '"' + r" \ \n"),
        ('${NOPE:-"a}b"}', "a}b"),
        ("a$-$", "a$-$"),
    ],
)
def test_variables_are_replaced_as_docker_does(text, expected):
    assert expand(text, VARIABLES) == expected


@pytest.mark.parametrize("text", ["${A", "${", "${A:?no}", "${A%x}", "${A:-", "'a", '"a', "${-}"])
def test_a_substitution_that_is_malformed_or_unsupported_is_refused(text):
    with pytest.raises(ValueError, match=r"missing|substitution|only Docker"):
        expand(text, VARIABLES)


def test_the_escape_directive_frees_the_backslash():
    assert expand(r"C:\$A`$A", VARIABLES, "`") == r"C:\1$A"


def test_words_are_split_at_blanks_outside_of_quotes():
    assert split("""a  "b c" d\\ e 'f "g' """) == ["a", '"b c"', "d\\ e", "'f \"g'"]


@given(st.text(alphabet=st.characters(exclude_characters="\\$'\"", exclude_categories=("Cs",))))
def test_a_text_without_special_characters_is_unchanged(text):
    assert expand(text, {}) == text


@given(st.lists(st.text(alphabet="ab $'", min_size=1)), st.text(alphabet="ab$ {}"))
def test_a_value_is_never_expanded_again_nor_split(words, value):
    quoted = ['"' + word.replace("$", "\\$") + '"' for word in words]
    assert [expand(word, {}) for word in split(" ".join(quoted))] == words
    assert expand("${V}", {"V": value}) == value


@given(st.text(alphabet="A${}:-+'\"\\ x"))
def test_no_text_does_more_than_expand_or_fail_with_a_reason(text):
    try:
        assert isinstance(expand(text, VARIABLES), str)
    except ValueError as error:
        assert str(error)
