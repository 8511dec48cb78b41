"""Check that README's example, when pasted, prints what README shows."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_example_prints_what_the_readme_shows(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(# my_backprop.py\n.*?)```", readme, re.DOTALL)[1]
    shown = re.search(r"```console\n\$ threeways check my_backprop.py\n(.*?)```", readme, re.DOTALL)[1]
    (tmp_path / "my_backprop.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "threeways", "check", "my_backprop.py"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1, done.stderr
    # Compare the text above the table. The table shows rounding, and its last digits depend on the machine.
    assert done.stdout.split("array  status")[0] == shown.split("array  status")[0]
