"""When a system that is asked too much wants to be asked again."""

from email.utils import parsedate_to_datetime

__all__ = ["retry_after_s"]


def retry_after_s(text: str, now_s: float, most_s: float) -> float:
    """What Retry-After says, in seconds from now and at most `most_s`; 0 for nothing that can be read.

    `now_s` is the wall clock in seconds since 1970: the header may name a moment (RFC 9110, 10.2.3).
    """
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), most_s)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now_s
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), most_s)
