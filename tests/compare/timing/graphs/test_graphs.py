"""Each form gives a graph whose edges hang together, and pictures with or without Graphviz."""

import xml.etree.ElementTree as ElementTree

import pytest

from compare import networks
from compare.cli import main
from compare.commands import graph
from compare.common.errors import UserError
from compare.common.results import plain
from compare.networks import data
from compare.report import door
from compare.report.pictures import dot, svg
from compare.timing.graphs import hlo
from compare.timing.graphs.graph import FORMS, drawn

CHEAP = ("autograd", "jaxpr", "hlo", "tape")


def result(form):
    pytest.importorskip({"hand": "numpy"}.get(FORMS[form], FORMS[form]))
    net = networks.network()
    return plain(drawn(net, form, *networks.check_inputs(net, data.load(), 8, dtype="float32")))


@pytest.mark.parametrize("form", CHEAP)
def test_edges_join_nodes_and_go_one_way(form):
    for stage in result(form)["stages"]:
        order = {node["id"] for node in stage["nodes"]}
        assert stage["edges"]
        assert all(a in order and b in order and a != b for a, b in stage["edges"])


@pytest.mark.parametrize("form", CHEAP)
def test_operations_are_counted(form):
    for stage in result(form)["stages"]:
        assert stage["operations"] == sum(stage["counts"].values()) > 5


def test_autograd_reaches_every_parameter():
    (stage,) = result("autograd")["stages"]
    assert {n["op"] for n in stage["nodes"] if n["kind"] == "input"} == {"W1", "b1", "W2", "b2"}


def test_the_five_products_of_two_layers_are_in_the_jaxpr():
    # z1, z2, dW1, dW2 and delta1: the first layer hands no delta down.
    (stage,) = result("jaxpr")["stages"]
    assert stage["counts"]["dot_general"] == 5


def test_the_record_of_the_derivation_by_hand_ends_in_its_gradients():
    (stage,) = result("tape")["stages"]
    ends = {n["op"] for n in stage["nodes"] if n["kind"] == "output"}
    assert (
        ends
        == {"loss", "dW1", "db1", "dW2", "db2"}
        == {n["op"] for n in stage["nodes"] if _reached(stage, n)}
    )


def _reached(stage, node):
    return node["kind"] == "output" and any(b == node["id"] for _, b in stage["edges"])


def test_without_torch_and_jax_the_default_is_the_record_of_numpy(monkeypatch, capsys):
    monkeypatch.setattr(graph, "find_spec", lambda name: None)
    assert main(["graph", "--sizes", "4,3,2", "--counts"]) == 0
    assert "as tape (hand)" in capsys.readouterr().out


def test_xla_leaves_fewer_operations_than_it_gets():
    before, after = result("hlo")["stages"]
    assert after["operations"] < before["operations"] / 2


def test_an_instruction_of_hlo_is_read():
    module = "ENTRY %main (p: f32[2]) -> f32[2] {\n  %p = f32[2]{0} parameter(0)\n  ROOT %n = f32[2]{0} negate(%p)\n}\n"
    (entry,) = hlo.computations(module).values()
    assert [m["op"] for m in entry] == ["parameter", "negate"]


def test_a_long_tuple_counts_its_parts_and_is_read_all_the_same():
    pair = "(f32[1], /*index=1*/f32[1])"
    text = f"ENTRY main (x: f32[1]) -> {pair} {{\n  ROOT a = {pair} tuple(x, x)\n}}"
    (root,) = hlo.computations(text)["ENTRY"]
    assert (root["op"], root["shape"]) == ("tuple", "(f32[1], f32[1])")


def test_no_folder_of_this_machine_is_in_the_text():
    assert all(
        "/site-packages/" not in s["text"] and "stack_frame" not in s["text"] for s in result("hlo")["stages"]
    )


@pytest.mark.parametrize("graphviz", [True, False])
def test_a_picture_is_well_formed_with_and_without_graphviz(graphviz, monkeypatch):
    if not graphviz:
        monkeypatch.setattr(svg.shutil, "which", lambda name: None)
    (stage,) = result("autograd")["stages"]
    root = ElementTree.fromstring(svg.svg(stage, "a < b"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "SigmoidBackward0" in "".join(root.itertext())


def test_quotes_in_a_label_are_escaped_in_dot():
    stage = {"nodes": [{"id": 'a"b', "op": 'say "x"', "shape": "(1,)", "kind": "op"}], "edges": []}
    assert '"a\\"b" [label="say \\"x\\"\\n(1,)"' in dot.dot(stage, "t")


def test_the_text_says_how_many_before_and_after():
    assert "operations before optimisation" in " ".join(door.text(result("hlo"), counts_only=True).split())


def test_an_unknown_form_is_refused():
    net = networks.network()
    with pytest.raises(UserError, match="did you mean 'jaxpr'"):
        drawn(net, "jaxp", None, None, None)
