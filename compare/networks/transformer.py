"""The transformer in the catalogue: sequences of characters, and the characters behind them."""

from manual import Transformer

from ..common.errors import UserError
from .characters import characters
from .data import Dataset
from .draws import Draw, Rng, parameters
from .kind import Fields, Kind, Named


class Attention(Kind):
    class_name = "Transformer"
    data = "text"
    defaults = {
        "vocabulary": 96,
        "context": 32,
        "layers": 2,
        "heads": 2,
        "width": 32,
        "hidden": 0,
        "variant": "gpt2",
    }
    choices = {"variant": ("gpt2", "modern")}

    def describe(self, fields: Fields) -> str:
        """Return 'gpt2, 2 layers of 2 heads, width 32, hidden 128, 96 tokens, context 32'"""
        f = self.defaults | fields
        sizes = f"width {f['width']}, hidden {f['hidden'] or 4 * f['width']}"
        layers = (
            f"{f['layers']} layer{'s' * (f['layers'] != 1)} of {f['heads']} head{'s' * (f['heads'] != 1)}"
        )
        return f"{f['variant']}, {layers}, {sizes}, {f['vocabulary']} tokens, context {f['context']}"

    def features(self, fields: Fields) -> int:
        return fields["context"]

    def outputs(self, fields: Fields) -> int:
        return fields["vocabulary"]

    def load(self, source: str | None, fields: Fields) -> Dataset:
        if source in (None, self.data):
            return characters(fields["context"])
        raise UserError(f"--data {source}: a transformer takes characters, --data text")

    def require_fit(self, net: Named, dataset: Dataset) -> None:
        if dataset.classes > self.outputs(net.fields):
            raise UserError(
                f"{net.name} knows {self.outputs(net.fields)} tokens; {dataset.name} has {dataset.classes}"
            )
        if dataset.features > self.features(net.fields):
            raise UserError(
                f"{net.name} sees {self.features(net.fields)} places; {dataset.name} has {dataset.features}"
            )

    def draw(self, rng: Rng, scale: float = 1.0) -> Draw:
        """Draw either variant, tokens that repeat, a sequence shorter than the context in every other one."""
        heads, layers, samples = (int(rng.integers(low, 4)) for low in (1, 1, 2))
        least = -(-3 // heads)  # of a width of 2 a norm leaves nothing
        width = heads * 2 * int(rng.integers(least, least + 2))
        vocabulary, context = int(rng.integers(5, 9)), int(rng.integers(3, 6))
        variant = str(rng.choice(["gpt2", "modern"]))
        net = Transformer(vocabulary, context, layers, heads, width, int(rng.integers(3, 10)), variant)
        places = context - int(rng.random() < 0.5)
        x, y = rng.integers(0, vocabulary, (2, samples, places))
        return Draw(net, parameters(net, rng, scale), x, y)

    def product_flops(self, fields: Fields, batch: int) -> int:
        """Count, for each block: four projections, two or three products of the feed-forward, scores and mixture; the
        head. Each forward product has two of its size in the backward pass."""
        f, T = fields, fields["context"]
        C, M = f["width"], f["hidden"] or 4 * f["width"]
        matrices = 4 * C + (3 if f["variant"] == "modern" else 2) * M
        block = batch * T * C * (matrices + 2 * T)
        return 3 * 2 * (f["layers"] * block + batch * T * C * f["vocabulary"])
