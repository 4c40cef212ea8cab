"""Tokenizers that a file or a folder names."""

import json

import pytest
import tensorflow as tf
from tokenizers import Tokenizer, models, pre_tokenizers

from textattr.errors import TokenizerError
from textattr.tokenizers.files import read_tokenizer

BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "film", "##s"]


def hugging_face(path):
    made = Tokenizer(models.WordLevel({"a": 3, "film": 4, "[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.save(str(path))


def test_tokenizer_json(tmp_path):
    hugging_face(tmp_path / "tokenizer.json")
    for path in (tmp_path / "tokenizer.json", str(tmp_path)):
        assert read_tokenizer(path)("a film").ids.tolist() == [3, 4]


@pytest.mark.parametrize("twice", [False, True])
def test_the_json_of_a_keras_tokenizer(tmp_path, twice):
    tokenizer = tf.keras.preprocessing.text.Tokenizer(oov_token="x")
    tokenizer.fit_on_texts(["a film"])
    text = tokenizer.to_json()
    (tmp_path / "tokenizer.json").write_text(json.dumps(text) if twice else text)
    assert read_tokenizer(tmp_path)("a film zz").ids.tolist() == [2, 3, 1]


def test_the_vocabulary_of_a_bert(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(BERT))
    for path in (tmp_path, tmp_path / "vocab.txt"):
        assert read_tokenizer(path)("A Films").ids.tolist() == [2, 5, 6, 7, 3]
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert read_tokenizer(tmp_path)("A films").ids.tolist() == [2, 1, 6, 7, 3]
    (tmp_path / "tokenizer_config.json").unlink()
    (tmp_path / "vocab.txt").write_text("\n".join([*BERT, "Film"]))
    assert read_tokenizer(tmp_path)("a Film").ids.tolist() == [2, 5, 8, 3]


def test_byte_pairs_in_two_files(tmp_path):
    (tmp_path / "vocab.json").write_text(json.dumps({"a": 0, "Ġ": 1, "f": 2, "Ġf": 3}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\nĠ f\n")
    assert read_tokenizer(tmp_path)("a f").ids.tolist() == [0, 3]
    (tmp_path / "tokenizer_config.json").write_text('{"add_prefix_space": true}')
    assert read_tokenizer(tmp_path)("f a").ids.tolist() == [3, 1, 0]


@pytest.mark.parametrize("name", ["spm.model", "my.model", "vocabulary.spm"])
def test_sentence_piece(tmp_path, name):
    sentencepiece = pytest.importorskip("sentencepiece")
    with (tmp_path / name).open("wb") as out:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a film, a warm film"] * 9),
            model_writer=out,
            vocab_size=30,
            hard_vocab_limit=False,
            minloglevel=2,
        )
    own = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / name)).encode("a film")
    assert read_tokenizer(tmp_path / name)("a film").ids.tolist() == own
    if name != "my.model":
        assert read_tokenizer(tmp_path)("a film").ids.tolist() == own


def test_a_preset_of_keras_hub(tmp_path):
    hub = pytest.importorskip(
        "keras_hub", reason="needs keras-hub (pip install --no-deps keras-hub regex)", exc_type=ImportError
    )
    tokenizer = hub.models.BertTokenizer(BERT, lowercase=True)
    sizes = {"num_layers": 1, "hidden_dim": 4, "intermediate_dim": 4, "num_heads": 1}
    backbone = hub.models.BertBackbone(vocabulary_size=len(BERT), **sizes)
    backbone.save_to_preset(str(tmp_path))
    tokenizer.save_to_preset(str(tmp_path))
    assert read_tokenizer(tmp_path)("A films").ids.tolist() == [5, 6, 7]
    hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=7).save_to_preset(str(tmp_path))
    assert read_tokenizer(tmp_path)("A films").ids.tolist() == [2, 5, 6, 7, 3, 0, 0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer.json", "{", "could not be read as JSON"),
        ("tokenizer.json", "[]", "expected an object in .* got list"),
        ("tokenizer.json", "{}", "got an object with nothing in it"),
        ("tokenizer.json", '{"so": 1, "good": 2}', "got an object with so, good"),
        ("tokenizer.json", '{"model": 3}', "could not be read as a tokenizer"),
        ("vocab.txt", "a\nb\n", r"with \[UNK\], \[CLS\] and \[SEP\].*--vocabulary"),
        ("vocab.bin", "", "whose name does not say what it is: tokenizer.json"),
    ],
)
def test_files_that_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(TokenizerError, match=message):
        read_tokenizer(tmp_path / name)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(TokenizerError, match="there is no .*nowhere"):
        read_tokenizer(tmp_path / "nowhere")
    with pytest.raises(TokenizerError, match="holds none"):
        read_tokenizer(tmp_path)
    pytest.importorskip("sentencepiece")
    (tmp_path / "spm.model").write_bytes(b"no model")
    with pytest.raises(TokenizerError, match="could not be read as a tokenizer"):
        read_tokenizer(tmp_path)
