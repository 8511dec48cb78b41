"""threeways networks: the built-in networks and their fields."""

import textwrap

from ..common.words import say


def networks() -> None:
    """List the built-in networks, and what each can be made of."""
    from manual.activations import ACTIVATIONS
    from manual.criteria import CRITERIA
    from manual.init import SCHEMES

    from ..networks import NETWORKS, field_words, network

    for name, kind in NETWORKS.items():
        net = network(name)
        words = f"{name}: {net.class_name} in manual/, torch_ref/ and jax_ref/; by default {net.describe()}"
        say(textwrap.fill(words, 100, subsequent_indent="  "))
        if name != "mlp":
            free = {f: v for f, v in kind.defaults.items() if f not in kind.fixed}
            words = " ".join(f"{field}={field_words(value)}" for field, value in free.items())
            say(textwrap.fill(words, 100, initial_indent="  --set  ", subsequent_indent=" " * 9))
            for field, choices in kind.choices.items():
                say(f"         {field}: {' or '.join(choices)}")
            continue
        say(f"  --activations  {', '.join(ACTIVATIONS)}")
        say(f"  --criterion    {', '.join(CRITERIA)}")
        say(f"  init schemes   {', '.join(SCHEMES)}")
