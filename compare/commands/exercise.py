"""threeways exercise: a backward pass to write, or a mistake to find, in a file that grades itself."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..common.words import say
from . import options as o

Which = Annotated[
    str,
    Argument(
        help="The network: an exercise is made of the rules of an mlp. Left out with --from.",
        metavar="NETWORK",
    ),
]
Folder = Annotated[Path | None, Argument(help="The folder in which the exercise is written.", metavar="DIR")]
From = Annotated[
    str | None,
    Option(
        "--from",
        help="Plant a mistake in a line of this right file of your own instead, to be found.",
        metavar="FILE[:FN]",
    ),
]
Plant = Annotated[
    str | None,
    Option("--plant", help="Plant a mistake to be found instead: its id, or random.", metavar="ID|random"),
]
Student = Annotated[
    str, Option("--seed", help="The student's name, which decides the random mistake.", metavar="STUDENT")
]
Key = Annotated[
    Path | None,
    Option("--key", help="Write the planted mistake here; by default next to DIR.", metavar="FILE"),
]
Reveal = Annotated[
    str | None,
    Option(
        help="How much a check of it shows by default: verdict, place or hint. [default: hint; with --plant verdict]"
    ),
]
Notebook = Annotated[
    bool,
    Option(
        "--notebook",
        help="Write backward.ipynb: below each rule a cell that grades it, for nbgrader and otter.",
    ),
]
Points = Annotated[float, Option("--points", help="The points for each rule.")]


def exercise(
    network: Which,
    folder: Folder = None,
    sizes: o.Sizes = "4,5,3",
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    l2: o.L2 = None,
    l2_biases: o.L2Biases = False,
    of: From = None,
    plant: Plant = None,
    student: Student = "0",
    key: Key = None,
    points: Points = 1.0,
    reveal: Reveal = None,
    notebook: Notebook = False,
    force: o.Force = False,
) -> int:
    """Write an exercise for a course: the forward pass is given, `threeways check DIR` checks each backward rule."""
    from ..common.errors import UserError
    from ..common.results import check_writable, write_json, write_text
    from ..mistakes.catalogue import catalogue
    from ..teaching import exercise as exercises
    from ..teaching import handout
    from ..teaching.assignment import known_reveal
    from ..teaching.handout_notebook import notebook as as_notebook

    if of is not None and notebook:
        raise UserError("--notebook is for the rules of an exercise, not for --from")
    if of is not None:
        return _homework(of, folder or Path(network), student, key, force)
    if folder is None:
        raise UserError("a network and a folder are needed: threeways exercise mlp DIR")
    if network != "mlp":
        raise UserError(f"an exercise is made of the rules of an MLP: threeways exercise mlp {folder}")
    if not 0 < points < float("inf"):
        raise UserError(f"--points {points:g}: a finite number, more than 0 is needed")
    if key is not None and plant is None:
        raise UserError("--key holds the planted mistake, so it needs --plant")
    net = o.network(network, sizes, activations, criterion, l2, l2_biases)
    by_hand, file = net.build("hand"), folder / ("backward.ipynb" if notebook else "backward.py")
    key = key or folder.parent / f"{folder.resolve().name}.key.json"
    planted = None
    if plant is not None:
        check_writable(key, force)
        planted = handout.chosen(plant, student, by_hand, *exercises.batch(by_hand))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder}: {error.strerror}") from error
    check_writable(file, force)
    text = handout.write(by_hand, net.fields, folder.name, planted, points, reveal and known_reveal(reveal))
    if planted:
        m = catalogue()[planted]
        wrong, right, why = m.lines(by_hand.depth)
        noted = {"schema": "threeways/exercise-key/1", "student": student, "id": planted, "rule": m.rule}
        write_json(key, noted | {"wrong": wrong, "right": right, "why": why})
    write_text(file, as_notebook(text, points) if notebook else text)
    say(f"Wrote {file}: {net.describe()}." + (f" The key is in {key}." if planted else ""))
    say(f"Check it with: threeways check {folder}")
    return 0


def _homework(of: str, folder: Path, student: str, key: Path | None, force: bool) -> int:
    """Write a right file with one mistake planted into a folder, and the key beside the folder."""
    from ..common.errors import UserError
    from ..common.progress import waiting
    from ..common.results import check_writable, write_json, write_text
    from ..common.words import visible
    from ..teaching.homework import homework
    from .check import split

    name, function = split(of)
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    file, key = folder / path.name, key or folder.parent / f"{folder.resolve().name}.key.json"
    if file.resolve() == path.resolve():
        raise UserError(f"{folder} holds {path.name} itself: name another folder")
    with waiting(f"planting a mistake in {visible(name)}, and checking that it shows"):
        made = homework(path, function, student)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder}: {error.strerror}") from error
    check_writable(key, force)
    check_writable(file, force)
    noted = {"schema": "threeways/homework-key/1", "student": student, "file": path.name, "line": made.line}
    write_json(
        key, noted | {"right": made.right, "wrong": made.wrong, "kind": made.kind, "arrays": made.arrays}
    )
    write_text(file, made.text)
    where = f"{file}:{function}" if function else f"{file}"
    say(f"Wrote {file}, with one mistake. The key is in {key}.")
    say(f"A student checks a correction with: threeways check {where} --reveal verdict")
    return 0
