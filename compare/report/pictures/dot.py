"""Graphviz's DOT text of a stage, in its plain JSON form."""

FILL = {"input": "#dbe9f6", "output": "#f6dbdb", "op": "#f4f4f4"}


def dot(stage: dict, title: str) -> str:
    """Return the stage as a digraph from inputs down to outputs."""
    lines = [
        "digraph {",
        f'  graph [label={_quoted(title)}, labelloc=t, fontname="sans-serif", rankdir=TB]',
        '  node [shape=box, style="filled,rounded", fontname="sans-serif", fontsize=10]',
    ]
    for node in stage["nodes"]:
        label = node["op"] + (f"\n{node['shape']}" if node["shape"] else "")
        lines.append(
            f"  {_quoted(node['id'])} [label={_quoted(label)}, fillcolor={_quoted(FILL[node['kind']])}]"
        )
    lines += [f"  {_quoted(a)} -> {_quoted(b)}" for a, b in stage["edges"]]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text):
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
