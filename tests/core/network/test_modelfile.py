"""A model is one file that says everything about itself and can do no harm."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import napari_unetseg as us
from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError, WriteError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard, read_card
from napari_unetseg.core.network.modelfile import Model, load_model


@pytest.fixture
def model():
    config = NetworkConfig(base=2, depth=2)
    card = ModelCard(network=config, classes=(1, 2), halo=(20, 20))
    return Model(card, network_of(config, 5).state_dict())


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "naïve model.unetseg.safetensors"
    model.save(path)
    return path


def test_card_and_weights_come_back(model, saved):
    found = load_model(saved)
    assert found.card.model_copy(update={"sha256": ""}) == model.card
    for key, tensor in model.tensors.items():
        assert torch.equal(found.tensors[key], tensor)


def test_a_new_process_predicts_the_same(saved, tmp_path):
    """Nor does it load torch's compiler, which would take as long as torch itself."""
    code = (
        "import sys, numpy as np, napari_unetseg as us;"
        "image = np.arange(900.0).reshape(30, 30);"
        "_, scores = us.segment(image, sys.argv[1], scores=True);"
        "np.save(sys.argv[2], scores);"
        "assert not {'torch._dynamo', 'sympy'} & set(sys.modules)"
    )
    out = tmp_path / "scores.npy"
    subprocess.run([sys.executable, "-c", code, saved, out], check=True)
    image = np.arange(900.0).reshape(30, 30)
    _, scores = us.segment(image, saved, scores=True)
    assert np.load(out).tobytes() == scores.tobytes()


def test_an_existing_model_is_not_replaced_unasked(model, saved):
    with pytest.raises(WriteError, match="exists"):
        model.save(saved)
    model.save(saved, overwrite=True)


def test_a_flipped_bit_is_noticed(saved):
    data = bytearray(saved.read_bytes())
    data[-3] ^= 1
    saved.write_bytes(data)
    with pytest.raises(ModelError, match="checksum differs"):
        load_model(saved)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(saved, keep):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(keep * len(data))])
    with pytest.raises(ModelError, match="is incomplete"):
        load_model(saved)


def test_weights_of_an_unknown_type_are_refused(saved):
    """The card can be read: safetensors asks more of a header than it needs."""
    data = saved.read_bytes()
    saved.write_bytes(data.replace(b'"F32"', b'"Q99"'))
    read_card(saved)
    with pytest.raises(ModelError, match="is damaged"):
        load_model(saved)


def test_a_pickle_is_never_read(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "was here"), "w"))

    plain = tmp_path / "plain.pt"
    plain.write_bytes(pickle.dumps(Evil()))
    torched = tmp_path / "torch.pt"
    torch.save({"weights": Evil()}, torched)
    for path in (plain, torched):
        with pytest.raises(ModelError, match="pickle"):
            load_model(path)
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize("base", [3, 1 << 20, 1 << 30])
def test_a_card_that_claims_another_network_takes_no_memory(model, tmp_path, base):
    """Its checksum may be right: whoever lies writes that too."""
    network = model.card.network.model_copy(update={"base": base})
    lie = Model(model.card.model_copy(update={"network": network}), model.tensors)
    lie.save(tmp_path / "m")
    with pytest.raises(ModelError, match=r"do not fit|larger than any computer"):
        load_model(tmp_path / "m").network()


def test_other_safetensors_are_no_models(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="says nothing about a network"):
        load_model(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(ModelError, match="no model file 'gone'"):
        load_model(tmp_path / "gone")
    with pytest.raises(ModelError, match="not a model"):
        load_model(tmp_path)
