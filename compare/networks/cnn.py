"""The convolutional network in the catalogue."""

import math

from manual import CNN

from .draws import Draw, Rng, parameters
from .kind import Fields, Kind


class Convolutional(Kind):
    class_name = "CNN"
    defaults = {
        "image": (1, 8, 8),
        "channels": (4, 8),
        "kernel": 3,
        "stride": 1,
        "padding": 1,
        "pool": "max",
        "window": 2,
        "classes": 10,
        "bias": True,
        "dropout": 0.0,
        "mask_seed": 0,
    }
    choices = {"pool": ("max", "avg")}

    def describe(self, fields: Fields) -> str:
        """Return 'CNN 1x8x8, 4-8 filters of 3x3, 10 classes', and what else is not at its default."""
        image, filters = ("x".join(map(str, fields["image"])), "-".join(map(str, fields["channels"])))
        shown = ("image", "channels", "kernel", "classes")
        others = [
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in fields.items()
            if name not in shown and value != self.defaults[name]
        ]
        kernel = f"{filters} filters of {fields['kernel']}x{fields['kernel']}"
        return ", ".join([f"CNN {image}", kernel, *others, f"{fields['classes']} classes"])

    def features(self, fields: Fields) -> int:
        return math.prod(fields["image"])

    def outputs(self, fields: Fields) -> int:
        return fields["classes"]

    def draw(self, rng: Rng, scale: float = 1.0) -> Draw:
        """Draw images of unequal sides, one block or two, strides that leave pixels out; ties in half of them."""
        net = None
        while net is None:
            try:
                net = CNN(
                    image=(int(rng.integers(1, 3)), int(rng.integers(5, 10)), int(rng.integers(5, 10))),
                    channels=tuple(int(rng.integers(2, 5)) for _ in range(rng.integers(1, 3))),
                    kernel=int(rng.integers(2, 4)),
                    stride=int(rng.integers(1, 3)),
                    padding=int(rng.integers(0, 2)),
                    pool=str(rng.choice(["max", "max", "avg"])),
                    window=int(rng.integers(1, 3)),
                    classes=int(rng.integers(2, 6)),
                    bias=bool(rng.random() < 0.7),
                    dropout=float(rng.choice([0.0, 0.3])),
                )
            except ValueError:  # the windows do not fit
                continue
        shape = (int(rng.integers(3, 9)), *net.image)
        x = rng.standard_normal(shape)
        if rng.random() < 0.5:
            # Images have empty places: equal patches tie under the pooling.
            x = x * (rng.random(shape[2:]) < 0.4)
        return Draw(net, parameters(net, rng, scale), x, rng.integers(0, net.classes, len(x)))
