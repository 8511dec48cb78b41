"""scikit-learn in the same protocol: three implementations that agree would share a mistake in their inputs."""

import copy
import warnings

import numpy as np

from ..user.trio.trio import Trio
from .config import Config
from .kept import Kept
from .measured import Peer
from .protocol import Split

SOFTMAX = (("softmax", "cross_entropy"), ("identity", "softmax_cross_entropy"))
PEER_ACTIVATIONS = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "identity": "identity"}


def run_peer(config: Config, parts: Split, seed: int, kept: Kept, name: str) -> Peer:
    """Train scikit-learn's MLPClassifier under the same settings: {"test_accuracy", ...}, or why there is none."""
    reason = no_peer(config)
    if reason:
        return {"seed": seed, "test_accuracy": None, "best_epoch": None, "reason": reason}
    if kept.has(name):
        return kept.read_json(name, Peer)
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    rule, batch = config.rule, min(config.batch or len(parts.x), len(parts.x))
    net = MLPClassifier(
        hidden_layer_sizes=config.net.fields["sizes"][1:-1],
        activation=PEER_ACTIVATIONS[config.net.fields["activations"][0]],
        solver="adam" if rule.name == "adam" else "sgd",
        alpha=config.net.fields.get("l2", 0.0) * batch,  # it divides the penalty by the batch
        batch_size=batch,
        learning_rate_init=rule.rate,
        momentum=rule.fields.get("momentum", 0.0 if rule.name == "sgd" else 0.9),
        nesterovs_momentum=rule.name == "nesterov",
        random_state=seed,
        **{key: rule.fields[key] for key in ("epsilon",) if key in rule.fields},
        **{f"beta_{k}": rule.fields[f"beta{k}"] for k in (1, 2) if f"beta{k}" in rule.fields},
    )
    best, best_epoch, best_net = -1.0, None, net
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for epoch in range(config.epochs or 0):
            net.partial_fit(parts.x, parts.labels, classes=np.arange(config.net.fields["sizes"][-1]))
            validation = float(net.score(parts.x_validation, parts.labels_validation))
            if validation > best:
                best, best_epoch, best_net = validation, epoch, copy.deepcopy(net)
    tested = float(best_net.score(parts.x_test, parts.labels_test))
    found: Peer = {"seed": seed, "test_accuracy": tested, "best_epoch": best_epoch, "reason": None}
    kept.write_json(name, found)
    return found


def no_peer(config: Config) -> str | None:
    """Return why scikit-learn has no such network, or None."""
    if isinstance(config.net, Trio):
        return "scikit-learn has no network of a user's file"
    fields, rule = config.net.fields, config.rule
    hidden, last = fields["activations"][:-1], fields["activations"][-1]
    if not hidden or len(set(hidden)) > 1 or hidden[0] not in PEER_ACTIVATIONS:
        return "MLPClassifier has one activation for all hidden layers, of " + ", ".join(PEER_ACTIVATIONS)
    if (last, fields["criterion"]) not in SOFTMAX:
        return "MLPClassifier has only softmax with cross-entropy"
    if fields["sizes"][-1] < 3:
        return "MLPClassifier has one logistic output for two classes"
    if (
        rule.name not in ("sgd", "momentum", "nesterov", "adam")
        or rule.schedule != "constant"
        or "clip" in rule.fields
    ):
        return f"MLPClassifier has no {rule.describe()}"
    return None
