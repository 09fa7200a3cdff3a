"""The wording of the notice in one language, with places for what the settings say. Pure.

Each language has a module beside this one; all of them have the same parts and the same places.
"""

import dataclasses

__all__ = ["Part", "Wording"]

Part = tuple[str, tuple[str, ...]]
"""A heading and its paragraphs."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The sentences of a notice.

    Places in braces: `{who}` answers for palms, `{other_ways}` cost the same, `{authority}` takes complaints,
    `{policy}` is where the schedule of keeping stands, and periods are `{inactive_days}` and `{policy_days}`.
    `questions` has a place `{contact}`. `other_ways`, `authority` and `policy` stand in their places where the shop
    says nothing.
    """

    language: str
    """As a language tag has it: `en`."""
    what: Part
    demo: str
    """One more paragraph of `what`, in a demo that keeps nothing."""
    how_long: Part
    choice: Part
    who: str
    """The heading over who answers for it."""
    questions: str
    other_ways: str
    authority: str
    policy: str
    gdpr: Part
    bipa: Part
    cubi: Part
