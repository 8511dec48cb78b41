"""One file a question: gradients, step, vjp, rules.

A check is a frozen `Check` (the candidate and its answer, the reference, the witnesses, the verdicts), handed through
one list of stages; each returns a new one. `check_gradients`, `check_step` and `check_vjp` are three such lists, with
the stages in stages/ shared where they ask the same. A stage that ends the check early sets `closed`. Statuses are
set in stages/ (and in the judge they call) and nowhere else; `check.run` makes the Report, once, from the last Check.
"""
