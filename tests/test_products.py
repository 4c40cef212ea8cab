"""Of a product of parameters a share runs that shows every value; `--all` runs all, `--rest` the others."""

from __future__ import annotations

from collections import Counter
from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from products import covering, part_of, split, values_of

KINDS = [f"kind {i}" for i in range(7)]
METHODS = ["saliency", "lrp", "lime"]


@given(st.lists(st.frozensets(st.integers(0, 9)), max_size=20))
def test_every_value_is_in_a_case_that_is_chosen(cases):
    chosen = covering(cases)
    assert set().union(*(cases[place] for place in chosen)) == set().union(*cases)
    assert chosen == sorted(set(chosen))


def test_no_more_cases_than_the_longest_parameter_has_values_and_the_others_take_turns():
    cases = [{"kind": kind, "method": method} for kind, method in product(KINDS, METHODS)]
    chosen = [cases[place] for place in covering([values_of(case) for case in cases])]
    assert sorted(case["kind"] for case in chosen) == KINDS
    times = Counter(case["method"] for case in chosen)
    assert set(times) == set(METHODS)
    assert max(times.values()) - min(times.values()) <= 1


def test_each_element_of_a_tuple_is_a_value():
    cases = [{"of": (kind, method)} for kind, method in product(KINDS, METHODS)]
    assert len(covering([values_of(case) for case in cases])) == len(KINDS)


def test_a_value_is_one_of_its_parameter_its_place_and_its_type():
    assert len(values_of({"a": 1, "b": 1, "c": (1, 1)})) == 4
    assert values_of({"a": 1}) != values_of({"a": True})
    assert values_of({"a": [1]}) != values_of({"a": [1]})


def test_a_single_case_stands_for_itself():
    assert covering([values_of({"kind": "lstm"})]) == [0]
    assert covering([values_of({})]) == []


class Item:
    """What `split` reads of a pytest item."""

    def __init__(self, function, marker=None, **params):
        self.nodeid = f"tests/test_some.py::{function}" + (f"[{'-'.join(params.values())}]" if params else "")
        self.marker = marker
        if params:
            self.callspec = SimpleNamespace(params=params)

    def get_closest_marker(self, name):
        return self.marker if self.marker is not None and self.marker.name == name else None


ALONE, TOGETHER = pytest.mark.product.mark, pytest.mark.product("together").mark


def items():
    """Two functions with a product of parameters, one of them marked, and a test without parameters."""
    cases = [{"kind": kind, "method": method} for kind, method in product(KINDS, METHODS)]
    marked = [Item("test_marked", ALONE, **case) for case in cases]
    return [*marked, *(Item("test_plain", **case) for case in cases), Item("test_alone")]


def test_share_and_rest_are_all():
    share, rest = split(items())
    assert len(share) == len(KINDS) + len(KINDS) * len(METHODS) + 1
    assert all("::test_marked[" in item.nodeid for item in rest)
    assert sorted(item.nodeid for item in [*share, *rest]) == sorted(item.nodeid for item in items())


def test_parts_of_the_rest_are_the_rest():
    _, rest = split(items())
    parts = [part_of(rest, f"{which}/4") for which in range(4)]
    assert sorted(item.nodeid for part in parts for item in part) == sorted(item.nodeid for item in rest)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_what_is_marked_as_rest_is_left_out_unless_it_is_named():
    left = [Item("test_each", pytest.mark.rest.mark, name=name) for name in KINDS]
    assert split([*left, alone := Item("test_alone")]) == ([alone], left)
    assert split(left, {left[2].nodeid}) == ([left[2]], [*left[:2], *left[3:]])


def test_tests_that_are_one_product_take_turns():
    tests = ["test_scores", "test_gradients", "test_padding"]
    cases = [Item(test, TOGETHER, name=name) for test in tests for name in KINDS]
    share, rest = split(cases)
    assert sorted(item.callspec.params["name"] for item in share) == KINDS
    assert {item.nodeid.partition("[")[0].partition("::")[2] for item in share} == set(tests)
    assert len(rest) == len(KINDS) * 2


@pytest.mark.parametrize("place", [0, 5, 20])
def test_one_that_is_named_runs(place):
    [named] = items()[place : place + 1]
    assert split([named]) == ([named], [])
    share, _ = split(items(), {named.nodeid})
    assert named.nodeid in {item.nodeid for item in share}
