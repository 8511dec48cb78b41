"""A Ctrl-C is heard wherever it lands, and SIGTERM ends what was started too."""

import gc
import os
import signal
import subprocess
import sys
import time

import pytest

from compare.common.interrupts import heard


def test_a_ctrl_c_inside_the_garbage_collector_is_raised_again():
    landed = []

    def callback(phase, info):
        if not landed:
            landed.append(phase)
            raise KeyboardInterrupt

    gc.callbacks.append(callback)
    try:
        with pytest.raises(KeyboardInterrupt), heard():
            gc.collect()
            for _ in range(1000):  # one long sleep would end first, and be interrupted then
                time.sleep(0.01)
    finally:
        gc.callbacks.remove(callback)
    assert landed


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_command_that_is_ended_ends_the_file_that_it_checks(tmp_path):
    mine, pid = tmp_path / "mine.py", tmp_path / "pid"
    mine.write_text(f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    running = subprocess.Popen([sys.executable, "-m", "threeways", "check", str(mine)], cwd=tmp_path)
    until = time.monotonic() + 300
    while not (pid.exists() and pid.read_text()) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    child = int(pid.read_text())
    assert child != running.pid
    running.send_signal(signal.SIGTERM)
    assert running.wait(300) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
