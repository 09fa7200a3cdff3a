"""The time of the stream, and of what goes on while it stands still."""

from tillfree.store.stream_clock import StreamClock


def test_it_follows_the_stream_and_never_goes_back() -> None:
    stream, wall, steady = [0], [5_000], [0]
    clock = StreamClock(wall_ns=lambda: wall[0], steady_ns=lambda: steady[0])
    assert clock() == 5_000
    clock.follow(lambda: stream[0])
    assert clock() == 5_000
    stream[0] = 100
    assert clock() == 100
    steady[0] = 30
    assert clock() == 130
    stream[0] = 120
    assert clock() == 130
    steady[0] = 60
    assert clock() == 150
    stream[0] = 1_000
    assert clock() == 1_000
    steady[0] = 61
    assert clock() == 1_001


def test_a_stream_that_was_hours_ahead_for_a_moment_does_not_stop_time() -> None:
    """A sensor with a wrong clock, or a recording that is played again from its beginning."""
    stream, steady = [1_000], [0]
    clock = StreamClock(lambda: stream[0], wall_ns=lambda: 0, steady_ns=lambda: steady[0])
    assert clock() == 1_000
    stream[0] = 1_000_000
    assert clock() == 1_000_000
    stream[0] = 1_001
    said = [clock()]
    for _ in range(10):
        steady[0] += 100
        stream[0] += 100
        said.append(clock())
    assert said == [1_000_000 + 50 * turn for turn in range(11)], "slower, until the stream is there again"
    stream[0] = 2_000_000
    assert clock() == 2_000_000
