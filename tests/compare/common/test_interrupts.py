"""A Ctrl-C is heard wherever it lands."""

import gc
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
