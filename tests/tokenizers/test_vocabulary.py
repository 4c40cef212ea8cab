"""`read_vocabulary`: one word a line."""

import pytest

from textattr.errors import TokenizerError
from textattr.tokenizers.vocabulary import read_vocabulary


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "vocabulary.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<PAD>\n<UNK>\nsö\n", ["<PAD>", "<UNK>", "sö"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("\ufeffa\n", ["a"]),
        ("\n[UNK]\na\n", ["", "[UNK]", "a"]),
        ("new york\n a\n", ["new york", " a"]),
        ("a\u2028b\nc\x0bd\n", ["a\u2028b", "c\x0bd"]),
    ],
)
def test_words_are_lines(written, content, words):
    assert read_vocabulary(written(content)) == words


def test_a_string_is_a_path(written):
    assert read_vocabulary(str(written("a\n"))) == ["a"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\nb\na\n", "line 3 of .*vocabulary.txt repeats 'a' of line 1"),
        ("", "empty"),
        (b"a\nb\xe9\n", "UTF-8 text, but line 2 of .* the byte 0xe9"),
    ],
)
def test_files_that_are_refused(written, content, message):
    with pytest.raises(TokenizerError, match=message):
        read_vocabulary(written(content))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TokenizerError, match=r"none\.txt cannot be read: No such file"):
        read_vocabulary(tmp_path / "none.txt")
