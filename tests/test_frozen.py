import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest

from textattr.frozen import FrozenDict
from textattr.renderers.example import EXAMPLE, PAIR

CHANGES = [
    lambda d: d.__setitem__("new", 1),
    lambda d: d.__delitem__(next(iter(d))),
    lambda d: d.update(new=1),
    lambda d: d.pop(next(iter(d))),
    lambda d: d.popitem(),
    lambda d: d.setdefault("new", 1),
    lambda d: d.clear(),
    lambda d: d.__ior__({"new": 1}),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "mapping",
    [
        EXAMPLE.options,
        EXAMPLE.targets[0].shares,
        EXAMPLE.targets[0].diagnostics,
        PAIR.options,
        PAIR.texts,
        PAIR.targets[0].diagnostics,
        dataclasses.replace(EXAMPLE, options={"deep": {"er": 1}}).options["deep"],
    ],
)
def test_nothing_can_be_changed_in_place(mapping, change):
    before = dict(mapping)
    with pytest.raises(TypeError, match="read-only"):
        change(mapping)
    assert mapping == before


def test_what_was_given_can_still_be_changed_and_changes_nothing():
    options, array = {"a": {"b": 1}}, np.zeros(2)
    explanation = dataclasses.replace(EXAMPLE, options={**options, "array": array})
    options["a"]["b"], array[0] = 2, 5.0
    assert explanation.options["a"] == {"b": 1}
    assert explanation.options["array"].tolist() == [0, 0]
    with pytest.raises(ValueError, match="read-only"):
        explanation.options["array"][0] = 1


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_it_copies_pickles_and_compares(explanation, copied):
    again = copied(explanation)
    assert again == explanation
    assert type(again.options) is FrozenDict
    assert json.loads(json.dumps(again.options)) == again.options == dict(explanation.options)
