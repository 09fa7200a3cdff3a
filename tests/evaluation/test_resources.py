"""What a computation cost."""

import time

import numpy as np

from tillfree.evaluation.resources import Meter, this_machine


def test_meter_sees_time_and_memory() -> None:
    with Meter() as idle:
        time.sleep(0.02)
    with Meter() as busy:
        block = np.ones(80 * 1024 * 1024, dtype=np.uint8)
        assert block[::4096].sum() > 0
    assert idle.cost.wall_s >= 0.02
    assert idle.cost.cpu_s < idle.cost.wall_s
    del block
    with Meter() as after:
        pass
    if busy.cost.peak_is_own:
        assert busy.cost.peak_mib > idle.cost.peak_mib + 60
        # The peak is set back: the block of before is not counted again.
        assert after.cost.peak_mib < busy.cost.peak_mib - 60
    else:
        assert busy.cost.peak_mib >= idle.cost.peak_mib


def test_machine_is_told_without_its_name() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.processor
    assert machine.numpy == np.__version__
