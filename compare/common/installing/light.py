"""The build backend of pyproject.toml: setuptools, and `pip install . -C light=true` for the core alone.

The light core's metadata asks for LIGHT only, so that pip has nothing to miss; the rest becomes the extra `full`.
"""

import base64
import hashlib
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (  # noqa: F401
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

LIGHT = ("numpy", "scipy", "rich", "typer", "jinja2", "latex2mathml")
Settings = dict[str, Any] | None


def lightened(metadata: str) -> str:
    """Return METADATA in which what is not of the light core is asked for by the extra `full` only."""
    lines = metadata.split("\n")
    for i, line in enumerate(lines):
        name = re.match(r"Requires-Dist: ([\w.-]+)", line)
        if name and "extra ==" not in line and name.group(1).lower() not in LIGHT:
            lines[i] = f'{line}; extra == "full"'
    first = next((i for i, line in enumerate(lines) if line.startswith("Requires-Dist")), len(lines))
    return "\n".join([*lines[:first], "Provides-Extra: full", *lines[first:]])


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel, as PEP 517 has it."""
    light = _is_light(config_settings)
    name = build_meta.build_wheel(
        wheel_directory, _own(config_settings), None if light else metadata_directory
    )
    return _wheel(Path(wheel_directory, name)) if light else name


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build an editable wheel, as PEP 660 has it."""
    light = _is_light(config_settings)
    name = build_meta.build_editable(
        wheel_directory, _own(config_settings), None if light else metadata_directory
    )
    return _wheel(Path(wheel_directory, name)) if light else name


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    """Write the metadata, as PEP 517 has it."""
    name = build_meta.prepare_metadata_for_build_wheel(metadata_directory, _own(config_settings))
    return _metadata(Path(metadata_directory, name)) if _is_light(config_settings) else name


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Settings = None) -> str:
    """Write the metadata, as PEP 660 has it."""
    name = build_meta.prepare_metadata_for_build_editable(metadata_directory, _own(config_settings))
    return _metadata(Path(metadata_directory, name)) if _is_light(config_settings) else name


def _is_light(settings: Settings) -> bool:
    return str((settings or {}).get("light", "")).lower() in ("true", "yes", "1", "on")


def _own(settings: Settings) -> Settings:
    """Return the settings that setuptools knows."""
    return {k: v for k, v in settings.items() if k != "light"} if settings else settings


def _metadata(folder: Path) -> str:
    file = folder / "METADATA"
    file.write_text(lightened(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder.name


def _wheel(path: Path) -> str:
    """Put light metadata into a wheel, and its checksum into the wheel's RECORD."""
    made = path.with_suffix(".light")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        at = next(n for n in old.namelist() if n.endswith(".dist-info/METADATA"))
        text = lightened(old.read(at).decode()).encode()
        checksum = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
        for item in old.infolist():
            content = old.read(item)
            if item.filename == at:
                content = text
            elif item.filename.endswith(".dist-info/RECORD"):
                lines = content.decode().splitlines()
                lines = [
                    f"{at},sha256={checksum},{len(text)}" if s.startswith(f"{at},") else s for s in lines
                ]
                content = ("\n".join(lines) + "\n").encode()
            new.writestr(item, content)
    shutil.move(made, path)
    return path.name
