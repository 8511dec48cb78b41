"""
The five texts, line by line
============================

This project grew from five texts on backpropagation that were published on the web. **How much of what such texts
print is right?** The lessons test all forty of their claims: ``check_gradients`` checks formulas and code, a second
calculation checks numbers, a measurement checks statements.

========  ==========================================================  =======================
letter    text                                                        tested in
========  ==========================================================  =======================
A         Nielsen's chapter 2 retold                                  lesson 2
B         "Backpropagation, the core of neural networks"              03b
C         "Machine learning basics 3: NeuralNetwork"                  03c
D         "Forward and backward propagation, the chain rule"          lesson 1
E         "Fully connected feedforward networks" (after Qiu's nndl)   03e (E1-E7), 03f (E8-E15)
========  ==========================================================  =======================

Prediction: the ideas hold and the details do not. The more digits a line prints, the more likely it is wrong.
"""

import contextlib
import io
import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt

from claims import VERDICTS, Claims
from compare.common.results import check_writable, environment, write_json

PAGES = (
    "02_all_paths.py",
    "03b_text_b.py",
    "03c_text_c.py",
    "01_one_neuron.py",
    "03e_text_e.py",
    "03f_text_e_differentiation.py",
)
EXPECTED = [
    f"{text}{n}" for text, many in zip("ABCDE", (5, 6, 6, 8, 15), strict=True) for n in range(1, many + 1)
]

# %%
# This page runs the other pages again, so that the table is never older than the code. Each page asserts its
# statements and returns its claims.
#
# From the shell, ``python 03_five_texts.py claims.json`` also writes the table as JSON.

from_shell = "__file__" in globals()  # a notebook has no __file__
path = sys.argv[1] if from_shell and len(sys.argv) > 1 else None
check_writable(path, force=True)
folder = Path(__file__).parent if from_shell else Path()
claims = Claims("03_five_texts.py")
for page in PAGES:
    with contextlib.redirect_stdout(io.StringIO()):
        claims += runpy.run_path(str(folder / page))["claims"]
    plt.close("all")
claims.sort(key=lambda claim: EXPECTED.index(claim.id))
assert [claim.id for claim in claims] == EXPECTED, "every line of the sources, once, in order"

# %%
# The verdicts
# ------------
# *In part*: the claim holds under a condition that the text omits. The last column states the condition.

print(claims)
claims

# %%
# By text
# -------

counts = {
    text: [sum(c.id[0] == text and c.verdict == v for c in claims) for v in VERDICTS] for text in "ABCDE"
}
figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
left = [0] * 5
for k, (verdict, colour) in enumerate(zip(VERDICTS, ("#2a788e", "#c9b458", "#b5432f"), strict=True)):
    widths = [counts[text][k] for text in "ABCDE"]
    axes.barh(list("ABCDE"), widths, left=left, color=colour, label=verdict)
    left = [a + b for a, b in zip(left, widths, strict=True)]
axes.invert_yaxis()
axes.set(xlabel="lines", title="Verdicts by text")
axes.legend()
print(claims.counts())
assert counts["D"][2] >= 4, "the text with the most numbers fails most often"

if path:
    write_json(path, {"schema": "threeways/claims/1", "environment": environment(0), "claims": claims.rows()})

# %%
# The idea is rarely wrong. The mistakes are a sign (C3, D2), a transpose (E7), a shape (E1), an index (A3), a decimal
# point (D5), an input in place of a weight (D6), a sum over the wrong quantity (C5), and a loss and a derivative of
# different problems (B4, C3). The catalogue lists such mistakes. They are the reason to check a derivation with a
# witness.
