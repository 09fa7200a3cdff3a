"""What the pages of palms share: who looks, who remembers, and how a station behaves."""

import dataclasses
from collections.abc import Callable

from tillfree.web.palms.home import HomeEnrolment
from tillfree.web.palms.seeing import Clerk, Eyes, SampleHands
from tillfree.web.palms.session import SessionRules

__all__ = ["PalmRoom"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PalmRoom:
    """Attached to a console whose store knows palms."""

    eyes: Eyes
    clerk: Clerk
    home: HomeEnrolment | None = None
    """Enrolment by photos; None where that is not wanted."""
    rules: SessionRules = dataclasses.field(default_factory=SessionRules)
    samples: SampleHands | None = None
    """Simulated hands for a machine without a camera: of a demo only."""
    where: str = ""
    """Where palms are kept, in words, as a demo says."""
    display_token: Callable[[], str] = lambda: ""
    """The secret with which a display opens the station without staff signing in; empty where there is none."""
