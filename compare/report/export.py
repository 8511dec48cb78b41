"""A result's pictures and tables as files: SVG and PNG for slides and papers, CSV for everything else."""

from pathlib import Path

from ..common.errors import UserError
from ..common.results import check_writable, write_bytes, write_text
from ..common.tables import as_csv
from .kinds import parts, sections
from .pictures import slug
from .pictures.dot import dot
from .pictures.heatmaps import grids
from .pictures.svg import svg


def write_figures(folder: Path, data: dict, force: bool = False) -> list[Path]:
    """Write each picture as NAME.svg and NAME.png, its numbers and each table as CSV; return the paths.

    data: a result as plain dicts and lists.  folder: created if missing. Raises UserError before writing anything if
    a file exists and `force` is False.
    """
    folder = Path(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder}: {error.strerror}") from error
    written = {folder / name: content for name, content in _files(data).items()}
    for path in written:
        check_writable(path, force)
    for path, content in written.items():
        (write_text if isinstance(content, str) else write_bytes)(path, content)
    return list(written)


def _files(data):
    """{file name: text or bytes}"""
    found: dict[str, str | bytes | None] = {}
    for block in (block for section in sections(data) for block in section.blocks):
        picture = getattr(block, "picture", None)
        if picture is not None:
            found |= {f"{picture.name}.svg": picture.svg_file(), f"{picture.name}.png": picture.png_file()}
            if getattr(block, "series", None):
                found[f"{picture.name}.csv"] = block.csv()
        if block.kind == "table" and block.items:
            found[f"table-{block.name}.csv"] = block.csv()
    for part in parts(data).values():
        for name, grid in grids(part.get("verdicts") or ()).items():
            found[f"heatmap-{slug(name)}.csv"] = as_csv(range(grid.shape[1]), grid.tolist())
    return {name: content for name, content in found.items() if content is not None}


def write_stages(data: dict, paths: dict[str, Path], force: bool = False) -> list[Path]:
    """Write a graph's stages as {"dot", "svg"} files, of two each in a file with its name; return the paths."""
    written, several = [], len(data["stages"]) > 1
    for form, path in paths.items():
        for stage in data["stages"]:
            at = path.with_name(f"{path.stem}-{stage['name']}{path.suffix}") if several else path
            check_writable(at, force)
            title = f"{data['network']}: {data['form']}, {stage['name']}, {stage['operations']} operations"
            write_text(at, {"dot": dot, "svg": svg}[form](stage, title))
            written.append(at)
    return written
