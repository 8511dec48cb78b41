"""Exercises: every rule left empty, right, and wrong in each of the catalogue's ways is judged as it should be."""

import types

import pytest

from compare import networks
from compare.common.results import plain
from compare.files.serving import ruled
from compare.mistakes.catalogue import catalogue
from compare.report import door
from compare.report.kinds.exercise import SHOWN
from compare.teaching import exercise, handout
from compare.teaching.rule_text import WRONG, rules

NETS = {
    "fused": networks.network(sizes=(4, 5, 3, 2), activations=("tanh", "relu", "softmax")),
    "probability": networks.network(
        sizes=(3, 4, 2), activations=("sigmoid", "sigmoid"), criterion="binary_cross_entropy"
    ),
    "softmax inside": networks.network(
        sizes=(4, 5, 5, 3),
        activations=("sigmoid", "softmax", "gelu"),
        criterion="mse",
        l2=0.1,
        l2_biases=True,
    ),
    "square": networks.network(
        sizes=(4, 4, 4), activations=("tanh", "identity"), criterion="softmax_cross_entropy", l2=0.1
    ),
    "hinge": networks.network(sizes=(3, 4, 4), activations=("leaky_relu", "identity"), criterion="hinge"),
    "gated": networks.network(
        sizes=(3, 5, 4, 2), activations=("silu", "gelu_tanh", "identity"), criterion="quadratic"
    ),
    "one layer": networks.network(sizes=(3, 2), activations=("softplus",), criterion="quadratic"),
}
each_network = pytest.mark.parametrize("name", NETS)


def as_module(text):
    module = types.ModuleType("backward")
    exec(compile(text, "backward.py", "exec"), module.__dict__)
    return module


def judged_here(module):
    """The judgement of a module in this process, its rules called as in the child."""

    def rule(name, arguments, p, inner):
        def ask(name, *arguments):
            return inner[name](*(a for a in arguments if not hasattr(a, "delta")))

        message = {"rule": name, "arguments": arguments, "p": p, "inner": list(inner)}
        return ruled(module, None, message, ask)["value"]

    return exercise.judge(module.EXERCISE, rule)


def right_text(net):
    """A handout with nothing wrong in it: the planted one has its wrong rule replaced by the right one."""
    by_hand = net.build("hand")
    text = handout.write(by_hand, net.fields, "here")
    for rule in rules(by_hand):
        body = "\n".join(f"    {line}" for line in rule.body)
        head = f'def {rule.name}({rule.arguments}):\n    """{rule.task}"""\n'
        text = text.replace(f"{head}    return None  # your formula", head + body)
    return text


@each_network
def test_an_empty_exercise_is_empty_in_every_rule_and_a_right_one_right(name):
    net = NETS[name]
    empty = judged_here(as_module(handout.write(net.build("hand"), net.fields, "here")))
    assert {r.state for r in empty.rules} == {"empty"}
    judged = judged_here(as_module(right_text(net)))
    assert judged.ok, [(r.rule, r.state, r.place) for r in judged.rules]
    assert judged.exit_code == 0


@pytest.mark.slow
@each_network
def test_each_mistake_that_can_be_written_into_it_is_found_in_its_rule_and_named(name):
    net = NETS[name]
    by_hand = net.build("hand")
    possible = handout.plantable(by_hand, *exercise.batch(by_hand))
    assert len(possible) >= 5
    for id in possible:
        judged = judged_here(as_module(handout.write(by_hand, net.fields, "here", planted=id)))
        off = [r for r in judged.rules if r.state != "right"]
        assert [(r.rule, r.state) for r in off] == [(WRONG[id](by_hand)[0], "wrong")], id
        assert id in off[0].one_of
        assert off[0].hint
        assert off[0].answer


@pytest.mark.slow
@pytest.mark.parametrize("id", catalogue())
def test_every_mistake_of_a_rule_in_the_catalogue_is_judged_wrong_there_and_named(id):
    mistake = catalogue()[id]
    nets = [net.build("hand") for net in NETS.values()]
    for net in nets:
        asked = [rule.name for rule in rules(net)]
        if (
            mistake.constant
            or mistake.loss
            or mistake.local
            or not mistake.concerns(net)
            or mistake.rule not in asked
        ):
            continue
        if not handout.planted_shows(mistake, net, *exercise.batch(net)):
            continue
        planted = mistake.planted(net, mistake.layers(net.depth)[0])
        fields = {name: getattr(net, name) for name in net.__dataclass_fields__}
        module = types.SimpleNamespace(EXERCISE=fields, **{rule: getattr(planted, rule) for rule in asked})
        judged = {r.rule: r for r in judged_here(module).rules}
        assert judged[mistake.rule].state == "wrong", (id, net)
        assert id.partition(":")[0] in judged[mistake.rule].one_of, (id, net, judged[mistake.rule])


def test_a_wrong_inner_rule_does_not_spoil_the_deltas_that_call_it():
    net = NETS["fused"]
    text = right_text(net).replace("1 - p.a[l] ** 2", "1 + p.a[l] ** 2")
    states = {r.rule: r.state for r in judged_here(as_module(text)).rules}
    assert states.pop("through_activation") == "wrong"
    assert set(states.values()) == {"right"}


def test_a_rule_that_raises_is_reported_with_the_exception():
    text = right_text(NETS["fused"]).replace("return p.delta[l].sum(axis=0)", "return p.delta[l].summ()")
    (off,) = [r for r in judged_here(as_module(text)).rules if r.state != "right"]
    assert off.state == "raised"
    assert "AttributeError" in off.place


def test_each_level_tells_more_than_the_one_before():
    net = NETS["fused"]
    data = plain(
        judged_here(as_module(handout.write(net.build("hand"), net.fields, "x", planted="bias-averaged")))
    )
    said = {level: door.text(data, reveal=level) for level in SHOWN}
    assert "yours" not in said["verdict"]
    assert "yours" in said["place"] and "?" not in said["place"]
    assert "What does the error term hold already" in said["hint"]
    assert "bias-averaged" in said["answer"] and "bias-averaged" not in said["hint"]
    assert "4 of 5 rules" in said["verdict"]
    assert max(len(line) for line in said["answer"].splitlines()) <= 100


def test_another_student_gets_another_bug_and_the_same_student_the_same():
    by_hand = NETS["square"].build("hand")
    case = exercise.batch(by_hand)
    chosen = [handout.chosen("random", f"student {k}", by_hand, *case) for k in range(12)]
    assert len(set(chosen)) > 4
    assert chosen == [handout.chosen("random", f"student {k}", by_hand, *case) for k in range(12)]
