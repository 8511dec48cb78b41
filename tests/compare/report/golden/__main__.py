"""Write the golden files anew: python -m tests.compare.report.golden"""

from tests.compare.report.golden import FOLDER, TEXTS

for name, said in TEXTS.items():
    (FOLDER / f"{name}.txt").write_text(said(), encoding="utf-8")
