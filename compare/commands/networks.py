"""threeways networks: what is in the catalogue."""


def networks() -> None:
    """The networks that stand three times, and what each can be made of."""
    from manual.activations import ACTIVATIONS
    from manual.criteria import CRITERIA
    from manual.init import SCHEMES

    from ..networks import NETWORKS, network

    for name in NETWORKS:
        net = network(name)
        print(f"{name}: {net.class_name} in manual/, torch_ref/ and jax_ref/; by default {net.describe()}")
    print(f"  --activations  {', '.join(ACTIVATIONS)}")
    print(f"  --criterion    {', '.join(CRITERIA)}")
    print(f"  init schemes   {', '.join(SCHEMES)}")
