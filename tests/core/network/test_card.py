"""A model's card is read from the header alone, and no header is believed."""

import json
import subprocess
import sys
from contextlib import suppress

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from napari_unetseg.core.config import NETWORKS, NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import (
    Classes,
    ModelCard,
    read_card,
)

NETWORK = NetworkConfig(base=2, depth=1)
CARD = ModelCard(
    network=NETWORK,
    classes=(1, 2),
    class_names={"1": "Zellwand µ"},
    class_colors={"1": "#ff8000"},
    halo=(20, 20),
)
TENSOR = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}


def model_file(path, card=CARD, **metadata):
    """Write a model as safetensors writes it."""
    metadata = {"unetseg": card.model_dump_json(), **metadata}
    path.write_bytes(save(network_of(NETWORK, 5).state_dict(), metadata))
    return path


def header_file(path, header, data=b"1234", length=None):
    """Write a file with a header of our own."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(raw) if length is None else length
    path.write_bytes(length.to_bytes(8, "little") + raw + data)
    return path


def metadata(document):
    return {"__metadata__": {"unetseg": document}, "weight": TENSOR}


def test_the_card_is_read_without_torch_or_safetensors(tmp_path):
    path = model_file(tmp_path / "naïve model")
    code = (
        "import sys; from napari_unetseg.core.network.card import *;"
        "read_card(sys.argv[1]);"
        "assert not {'torch', 'safetensors', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)


def test_a_card_comes_back(tmp_path):
    assert read_card(model_file(tmp_path / "m")) == CARD


@pytest.mark.parametrize("length", [0x80, 0x4B50])
def test_a_header_may_begin_like_a_pickle(tmp_path, length):
    """Its length does, as pickles begin with 0x80 and zip files with "PK"."""
    header = json.dumps({"weight": TENSOR}).ljust(length).encode()
    with pytest.raises(ModelError, match="nothing about a network"):
        read_card(header_file(tmp_path / "m", header))


@pytest.mark.parametrize(
    ("size", "sentence"),
    [(0, "no safetensors file"), (7, "no safetensors file"), (100, "is incomplete")],
)
def test_a_file_that_is_cut_off_early(tmp_path, size, sentence):
    path = model_file(tmp_path / "m")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match=sentence):
        read_card(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [(-1, "is damaged: it is incomplete, 1 bytes"), (3, "3 bytes too long")],
)
def test_a_file_of_another_length_than_its_header_says(tmp_path, change, sentence):
    path = model_file(tmp_path / "m")
    data = path.read_bytes()
    path.write_bytes(data[:change] if change < 0 else data + bytes(change))
    with pytest.raises(ModelError, match=sentence):
        read_card(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 99}, "newer napari-unetseg"),
        ({"format": "one"}, "description is damaged"),
        ({"network": {"name": "resnet"}}, "description is damaged"),
        ({"class_colors": {"1": "red"}}, "description is damaged"),
        ({"surprise": 1}, "description is damaged"),
    ],
)
def test_cards_that_cannot_be_understood(tmp_path, change, sentence):
    card = json.dumps(json.loads(CARD.model_dump_json()) | change)
    path = header_file(tmp_path / "m", metadata(card))
    with pytest.raises(ModelError, match=sentence):
        read_card(path)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [("[" * 500_000, "is damaged"), ("{", "is damaged"), ("[1]", "says nothing")],
)
def test_metadata_that_are_no_card(tmp_path, document, sentence):
    path = header_file(tmp_path / "m", metadata(document))
    with pytest.raises(ModelError, match=sentence):
        read_card(path)


@pytest.mark.parametrize(
    "header",
    [
        b"{" + b"[" * 500_000,
        b"{\xff}",
        b"{}}",
        {"__metadata__": None},
        {"__metadata__": {"a": 1}},
        {"weight": None},
        {"weight": {"shape": [4]}},
        {"weight": TENSOR | {"shape": "four"}},
        {"weight": TENSOR | {"shape": [-4]}},
        {"weight": TENSOR | {"shape": [1] * 9}},
        {"weight": TENSOR | {"shape": [10**30]}},
        {"weight": TENSOR | {"data_offsets": [4]}},
        {"weight": TENSOR | {"data_offsets": [-4, 0]}},
        {"weight": TENSOR | {"data_offsets": [8, 4]}},
        {"weight": TENSOR | {"shape": [5]}},
    ],
    ids=lambda header: str(header)[:40],
)
def test_headers_that_lie(tmp_path, header):
    path = header_file(tmp_path / "m", header)
    with pytest.raises(ModelError, match=r"not a model.*header"):
        read_card(path)


@pytest.mark.parametrize("length", [1 << 40, (1 << 20) + 1, 2**64 - 1])
def test_a_huge_header_is_not_read(tmp_path, length):
    path = header_file(tmp_path / "m", b"{" * 100, length=length)
    with pytest.raises(ModelError, match="no safetensors file"):
        read_card(path)


def test_what_is_not_there_and_what_is_a_folder(tmp_path):
    with pytest.raises(ModelError, match="no model file 'gone'"):
        read_card(tmp_path / "gone")
    with pytest.raises(ModelError, match="not a model"):
        read_card(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_damaged_there_is_a_sentence(tmp_path, data):
    """Cut and overwritten anywhere, a file is read or refused, and nothing else."""
    path = model_file(tmp_path / "m")
    content = bytearray(path.read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    patch = data.draw(st.binary(min_size=1, max_size=20))
    content[where : where + len(patch)] = patch
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ModelError):
        assert read_card(path).network.name in NETWORKS


def test_a_whole_file_is_one_that_safetensors_reads_too(tmp_path):
    tensors = {"a": torch.zeros(3, 2), "b.running_mean": torch.zeros(5)}
    path = tmp_path / "m"
    path.write_bytes(save(tensors))
    with pytest.raises(ModelError, match="says nothing about a network"):
        read_card(path)


def test_only_classes_that_exist_have_names_and_colours():
    classes = Classes.described(
        (1, 7),
        {1: " cell \n wall ", "7": "", "9": "other", 0: "no"},
        {"7": "#00ff00", 9: "#0000ff"},
    )
    assert classes == Classes((1, 7), {"1": "cell wall"}, {"7": "#00ff00"})
    assert Classes.described((1, 7), None, None) == Classes((1, 7))


def test_0_is_background_unless_it_is_named():
    assert Classes.described((0, 1), None, None).names == {"0": "background"}
    assert Classes.described((0, 1), {"0": "resin"}, None).names == {"0": "resin"}


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#ff8000ff", "#ff8000\n"])
def test_what_is_no_colour(colour):
    with pytest.raises(InputError, match="no colour for class 1"):
        Classes.described((1, 2), None, {"1": colour})
