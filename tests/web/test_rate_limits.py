"""How many calls a key may make."""

from tillfree.web.rate_limits import RateLimits


def test_a_bucket_fills_steadily_and_holds_no_more_than_a_window() -> None:
    clock = [100.0]
    limits = RateLimits(lambda: clock[0], window_s=1)
    granted = 0
    for step in range(400):
        clock[0] = 100.0 + step * 0.01
        granted += limits.take("a", 10).granted
    assert granted == 10 + 39
    clock[0] += 1000
    assert sum(limits.take("a", 10).granted for _ in range(50)) == 10
    clock[0] -= 500  # a clock that is set back gives nothing, and takes nothing
    assert limits.take("a", 10).retry_after_s == 1


def test_no_more_than_the_quota_goes_through_at_the_border_of_two_minutes() -> None:
    clock = [59.0]
    limits = RateLimits(lambda: clock[0], window_s=60)
    assert sum(limits.take("a", 60).granted for _ in range(100)) == 60
    clock[0] = 61.0
    assert sum(limits.take("a", 60).granted for _ in range(100)) == 2


def test_what_is_left_is_said_and_when_to_come_again() -> None:
    limits = RateLimits(lambda: 0.0, window_s=60)
    first, second, third = (limits.take("a", 2) for _ in range(3))
    assert first.headers() == {"RateLimit-Policy": '"default";q=2;w=60', "RateLimit": '"default";r=1;t=30'}
    assert second.headers()["RateLimit"] == '"default";r=0;t=60'
    assert third.headers()["Retry-After"] == "30"
    assert limits.take("b", 2).granted
