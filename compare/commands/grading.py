"""threeways check --against: the submissions of a course."""

from pathlib import Path

from ..common.errors import OUR_BUG, UserError
from ..common.results import check_writable, plain, write_json
from ..common.words import say


def graded(given, against, *, reveal, timeout, memory, jobs, sandbox, csv, gradescope, json, html, force):
    """Grade [(path, function), ...] against a teacher's file; print, write the files, return the exit status.

    A single file gets its report and its own exit status. Several get a table and 0, whatever the grades, and so
    does --gradescope, where the grade is the result: the results.json of one, or a folder with one for each.
    """
    from dataclasses import replace

    from ..common.progress import steps_bar
    from ..files.sandbox import chosen
    from ..report import door
    from ..report import gradescope as results_json
    from ..report.kinds import grades as text
    from ..teaching import folder, lines
    from ..teaching.assignment import known_reveal, read

    for path in (csv, json, html):
        check_writable(path, force)
    assignment = read(against)
    changes = {"reveal": reveal and known_reveal(reveal), "timeout": timeout, "memory": memory}
    assignment = replace(assignment, **{name: value for name, value in changes.items() if value is not None})
    found = folder.submissions(given, against)
    many = len(found) > 1 or Path(given[0][0]).is_dir()
    if html and not many:
        raise UserError("--html with --against is the page of a class: give a folder, or several submissions")
    results_json.ready(gradescope, len(found), force)
    box, target = chosen(sandbox), csv or json
    journal = target.with_name(f"{target.name}.part") if target and len(found) > 1 else None
    try:
        with steps_bar("grading", len(found)) as progress:
            result = folder.grade_all(found, assignment, jobs, progress, box, journal)
    except KeyboardInterrupt:
        if journal:
            say(f"\nthreeways: {journal} has what was graded; the same command goes on", error=True)
        raise
    grades = plain(result)
    if csv:
        text.write_csv(csv, grades)
    if journal:
        journal.unlink(missing_ok=True)
    if json:  # of one submission it may be given to the student
        write_json(json, result if many else lines.revealed_grades(grades, assignment.reveal))
    if html:
        from ..report.html import write_page

        write_page(html, grades, force)
    for each in grades["submissions"] if gradescope else ():
        shown = results_json.results(each, assignment.reveal)
        results_json.write(gradescope, each["submission"] if len(found) > 1 else None, shown, force)
    say(door.text(grades) if many else text.student(grades["submissions"][0], assignment.reveal))
    if not many and assignment.warnings:
        say("\n".join(f"threeways: {against}: {w}" for w in assignment.warnings), error=True)
    bugs = [s.submission for s in result.submissions if s.status == "bug"]
    if bugs:
        say(
            f"threeways: a bug in threeways: no verdict on {', '.join(bugs)}; please report it",
            error=True,
        )
        return OUR_BUG
    return 0 if many or gradescope else result.submissions[0].exit_code


def exercises_graded(
    folder, found, against, *, reveal, timeout, memory, jobs, sandbox, csv, gradescope, json, html, force
):
    """Mark a folder of handed-in exercises; print the class, write the files, return 0, whatever the points.

    gradescope: a folder, in which each student's results.json is written as STUDENT.json.
    """
    from ..common.progress import steps_bar
    from ..files.sandbox import chosen
    from ..report import door
    from ..report import gradescope as results_json
    from ..report.kinds import exercises as text
    from ..teaching.assignment import known_reveal
    from ..teaching.handed_in import mark_all

    for path in (csv, json, html):
        check_writable(path, force)
    limits = {n: v for n, v in (("timeout", timeout), ("memory", memory)) if v is not None}
    results_json.ready(gradescope, max(len(found), 2), force)
    with steps_bar("marking exercises", len(found)) as progress:
        result = mark_all(found, against, jobs, chosen(sandbox), **limits, progress=progress)
    data = plain(result)
    reveal = known_reveal(reveal or result.exercise.get("reveal", "hint"))
    if csv:
        text.write_csv(csv, data)
    if json:
        write_json(json, result)
    if html:
        from ..report.html import write_page

        write_page(html, data, force)
    for each in data["submissions"] if gradescope else ():
        results_json.write(gradescope, each["submission"], text.gradescope(data, each, reveal), force)
    say(door.text(data))
    return OUR_BUG if any(s.status == "bug" for s in result.submissions) else 0
