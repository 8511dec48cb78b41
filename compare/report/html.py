"""One self-contained page from one result: no network, light and dark, nothing but the plain JSON form."""

from pathlib import Path

from ..errors import UserError
from ..results import check_writable, number, write_text
from . import summary
from .summary import duration

try:
    import jinja2
    from markupsafe import Markup

    from . import pictures
except ModuleNotFoundError as error:
    raise UserError(f"the page needs {error.name}: pip install matplotlib jinja2") from error

NAMES = {"hand": "by hand", "torch": "torch", "jax": "jax", "numerical": "numerical"}
SETTINGS = ("network", "data", "optimizer", "rate", "batch", "dtype", "seed", "threads")


def write_page(path, data, force=False):
    """Write the page of a result in its plain form. Raises UserError where the file exists or cannot be written."""
    check_writable(path, force)
    write_text(path, render(data))


def render(data):
    """The page, as text, of a result with the schema threeways/gradients, check, curves, time or run.

    All text in `data` is escaped. A part that is not there (stopped early, say) has no section.
    """
    command = data["schema"].split("/")[1]
    parts = summary.parts(data)
    sections = [_SECTIONS[name](parts[name]) for name in parts]
    page = _templates().get_template("page.html")
    return page.render(
        title=f"threeways {command}",
        verdict=summary.verdict(data),
        status=summary.status(data),
        passes=("agree", "kink", "convention", "dtype"),
        sections=sections,
        facts=_environment(data.get("environment") or {}, data.get("seconds") or {}),
        command=(data.get("environment") or {}).get("command"),
    )


def _templates():
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    templates.filters["label"] = lambda name: NAMES.get(name, name)
    return templates


def _gradients(data):
    verdicts = data["verdicts"]
    witnesses = [name for name in NAMES if any(name in v["values"] for v in verdicts)]
    rows = [
        {
            "name": v["name"],
            "status": v["status"],
            "reason": v["reason"],
            "where": "" if v["worst_index"] is None else str(v["worst_index"]).replace(" ", ""),
            "values": [_figure(v["values"].get(name), ".10g") for name in witnesses],
            "error": _figure(v["error"], ".1e"),
        }
        for v in verdicts
    ]
    checked = data["schema"].startswith("threeways/check")
    return {
        "id": "gradients",
        "heading": "Your derivation" if checked else "Gradients",
        "sentence": summary.check(data) if checked else summary.gradients(data),
        "about": _about(data),
        "notes": [
            *([f"Recognised: {data['recognised']}"] if data["recognised"] else []),
            *(data["diagnosis"] or "").splitlines()[1:],
            *(f"{v['name']} ({v['status']}): {v['reason']}" for v in verdicts if v["status"] != "agree"),
        ],
        "warnings": data.get("warnings") or [],
        "witnesses": witnesses,
        "rows": rows,
        "picture": _inline(pictures.heatmaps(verdicts)),
        "caption": "Each cell is the largest difference in a block of entries, in units of what rounding alone does "
        "to that entry. Up to 10 is rounding.",
    }


def _curves(data):
    contenders = data["contenders"]
    rows = [
        [
            NAMES.get(c["name"], c["name"]),
            len(c["loss"]),
            _figure(c["loss"][-1], ".14g"),
            _percent(c.get("test_accuracy")),
        ]
        for c in contenders
        if c.get("loss")
    ]
    return {
        "id": "curves",
        "heading": "Training curves",
        "sentence": summary.curves(data),
        "about": _about(data),
        "columns": ["", "steps", "last loss", "test samples right"],
        "rows": rows,
        "notes": [],
        "warnings": _absent(contenders),
        "picture": _inline(pictures.curves(contenders, data.get("envelope"), data.get("first_divergence"))),
        "caption": "Above, the loss at each step; where the lines lie on each other, only the dashes show all. Below, "
        "how far each is from the first, relatively; no mark means equal to the last bit.",
    }


def _time(data):
    rows = []
    for c in data["contenders"]:
        steady, ledger = c.get("steady_s") or {}, c.get("ledger") or {}
        if steady.get("median") is not None:
            interval = f"{duration(steady['low'])} to {duration(steady['high'])}"
            once = [duration(ledger.get(key)) for key in ("first_s", "second_s")]
            rows.append([c["name"], c.get("kind") or "-", duration(steady["median"]), interval, *once])
    return {
        "id": "time",
        "heading": "Static against dynamic",
        "sentence": summary.time(data),
        "about": _about(data),
        "columns": ["", "graph", "one step", "interval", "first call", "second call"],
        "rows": rows,
        "warnings": [*_absent(data["contenders"]), *(data.get("warnings") or ())],
        "notes": [summary.pair(pair) for pair in data.get("pairs") or ()],
        "picture": _inline(pictures.timing(data["contenders"])),
        "caption": "One training step once everything is compiled and warm, and the very first call, which pays for "
        "tracing and compiling.",
    }


_SECTIONS = {"gradients": _gradients, "check": _gradients, "curves": _curves, "time": _time}


def _inline(svg):
    # Made by matplotlib, which escapes the text it was given.
    return None if svg is None else Markup(svg)


def _absent(contenders):
    reasons = ((c["name"], c.get("absent") or c.get("reason")) for c in contenders)
    return [f"{NAMES.get(name, name)}: {reason}" for name, reason in reasons if reason]


def _about(data):
    """'network 64-30-10, sigmoid, ...; data digits; batch 32'"""
    settings = data | (data.get("about") or {})
    return "; ".join(
        f"{key} {settings[key]}" for key in SETTINGS if isinstance(settings.get(key), (str, int, float))
    )


def _environment(environment, seconds):
    versions = environment.get("versions") or {}
    flags = environment.get("flags") or {}
    took = {name: _figure(value, ".1f") + " s" for name, value in seconds.items() if value is not None}
    facts = {
        "Versions": ", ".join(f"{name} {version or 'absent'}" for name, version in versions.items()),
        "Python": environment.get("python"),
        "Machine": ", ".join(str(environment[key]) for key in ("system", "cpu") if environment.get(key)),
        "Cores": environment.get("cores"),
        "Flags": ", ".join(f"{name}={value}" for name, value in flags.items()),
        "Seed": environment.get("seed"),
        "Took": ", ".join(f"{name} {value}" for name, value in took.items()),
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _percent(share):
    return "-" if share is None else f"{100 * number(share):.1f} %"


def _figure(value, form):
    return "-" if value is None else format(number(value), form)
