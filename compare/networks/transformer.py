"""The transformer in the catalogue: sequences of characters, and the characters behind them."""

from ..common.errors import UserError
from .kind import Kind, drawn


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

    def describe(self, fields):
        """'gpt2, 2 layers of 2 heads, width 32, hidden 128, 96 tokens, context 32'"""
        f = self.defaults | fields
        sizes = f"width {f['width']}, hidden {f['hidden'] or 4 * f['width']}"
        layers = (
            f"{f['layers']} layer{'s' * (f['layers'] != 1)} of {f['heads']} head{'s' * (f['heads'] != 1)}"
        )
        return f"{f['variant']}, {layers}, {sizes}, {f['vocabulary']} tokens, context {f['context']}"

    def features(self, fields):
        return fields["context"]

    def outputs(self, fields):
        return fields["vocabulary"]

    def load(self, source, fields):
        from .characters import characters

        if source in (None, self.data):
            return characters(fields["context"])
        raise UserError(f"--data {source}: a transformer is fed with characters, --data text")

    def require_fit(self, net, dataset):
        if dataset.classes > self.outputs(net.fields):
            raise UserError(
                f"{net.name} knows {self.outputs(net.fields)} tokens; {dataset.name} has {dataset.classes}"
            )
        if dataset.features > self.features(net.fields):
            raise UserError(
                f"{net.name} sees {self.features(net.fields)} places; {dataset.name} has {dataset.features}"
            )

    def suited(self, rng):
        """Either variant, tokens that repeat, a sequence shorter than the context in every other one."""
        from manual import Transformer

        heads, layers, samples = (int(rng.integers(low, 4)) for low in (1, 1, 2))
        least = -(-3 // heads)  # of a width of 2 a norm leaves nothing
        width = heads * 2 * int(rng.integers(least, least + 2))
        vocabulary, context = int(rng.integers(5, 9)), int(rng.integers(3, 6))
        variant = str(rng.choice(["gpt2", "modern"]))
        net = Transformer(vocabulary, context, layers, heads, width, int(rng.integers(3, 10)), variant)
        places = context - int(rng.random() < 0.5)
        x, y = rng.integers(0, vocabulary, (2, samples, places))
        return net, drawn(net, rng), x, y

    def product_flops(self, fields, batch):
        """Of each block: four projections, two or three products of the feed-forward, scores and mixture; the head.
        Each forward product has two of its size on the way back."""
        f, T = fields, fields["context"]
        C, M = f["width"], f["hidden"] or 4 * f["width"]
        matrices = 4 * C + (3 if f["variant"] == "modern" else 2) * M
        block = batch * T * C * (matrices + 2 * T)
        return 3 * 2 * (f["layers"] * block + batch * T * C * f["vocabulary"])
