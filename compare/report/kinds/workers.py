"""Show the cost of a step shared among workers: seconds, speedup, efficiency, with intervals."""

from ...common.results import number
from ..blocks import Column, Headline, Notes, Table, interval, words
from ..wording import count, duration, figures, span

HEADING = "Workers"


def verdict(data: dict) -> Headline:
    """Say which engine gains most by more workers, and where none does."""
    there = [row for row in data["rows"] if row["speedup"] and row["workers"] > 1]
    if not there:
        return Headline("inconclusive", "NOTHING", "No engine could be timed with more than one worker here.")
    best = max(there, key=lambda row: number(row["speedup"]["median"]))
    gained = number(best["speedup"]["low"]) > 1
    said = f"{best['name']} with {count(best['workers'], 'worker')}"
    times = span(best["speedup"], lambda value: figures(number(value)))
    on = f"on {count(data['cores'], 'core')}"
    if gained:
        return Headline("done", "FASTER", f"{said} is {times} times as fast as one worker, {on}.")
    return Headline(
        "done", "SLOWER", f"No engine gains by more workers here, {on}: {said} comes to {times} times one."
    )


def _form(value) -> str:
    return figures(number(value))


COLUMNS = [
    *words(engine="name"),
    Column("workers", "workers"),
    *interval("step_s", duration, ("step", "low", "high")),
    Column(
        "speedup",
        lambda row: row["speedup"] and row["speedup"]["median"],
        lambda v: "-" if v is None else _form(v),
    ),
    *interval("efficiency", _form, ("efficiency", "low", "high")),
    Column("start", "start_s", duration),
]


def blocks(data: dict) -> list:
    """Return the setting, a row for each engine and number of workers, and what is absent."""
    about = f"{data['network']} on {data['data']}; batch {data['batch']}, {data['dtype']}"
    absent = [f"{row['name']} is absent: {row['absent']}" for row in data["rows"] if row["absent"]]
    there = [row for row in data["rows"] if not row["absent"]]
    legend = (
        "Efficiency is the time of one worker over that of all, divided by their number. The batch is one, and "
        "each worker has a share of it. More workers than cores wait for one another."
    )
    return [
        Notes([about, legend]),
        Notes(list(dict.fromkeys(absent)), warning=True),
        Table("workers", "Each engine", COLUMNS, there, keys=2, titled=False),
    ]
