"""The measurements of training: their form on disk, and the check when they are read."""

from typing import NotRequired, TypedDict


class Epoch(TypedDict):
    """The measurements after an epoch. gradient_norm: by the parameter's name, over all training samples."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float | None
    gradient_norm: dict[str, float]


class Run(TypedDict):
    """One implementation and seed, trained and tested. settings: the optimiser's, or what a sweep varied.

    test_loss: of a network that is a loss alone, where test_accuracy is None.
    """

    implementation: str
    seed: int
    settings: str | dict
    best_epoch: int
    test_accuracy: float | None
    test_loss: NotRequired[float]
    parameters_sha256: str
    epochs: list[Epoch]


class Peer(TypedDict):
    """scikit-learn's run of one seed; reason: why there is none."""

    seed: int
    test_accuracy: float | None
    best_epoch: int | None
    reason: str | None
