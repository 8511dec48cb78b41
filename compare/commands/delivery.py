"""How a command hands over what it found."""

from ..common.results import plain, write_json


def deliver(result, said, json=None, html=None, force=False):
    """Write the files that were asked for, then print `said`: a reader who goes away (| head) loses no file."""
    if json:
        write_json(json, result)
    if html:
        from ..report.html import write_page

        write_page(html, plain(result), force)
    print(said)
