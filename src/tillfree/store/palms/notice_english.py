"""The notice in English."""

from tillfree.store.palms.notice_wording import Wording

__all__ = ["ENGLISH"]

ENGLISH = Wording(
    language="en",
    what=(
        "What happens",
        (
            "A camera looks at your open hand. From its pictures a program works out a palm template: numbers that "
            "tell your palm from others. The pictures are thrown away at once; only the template is kept, protected "
            "so that no picture can be made of it and that it says nothing in any other shop.",
            "It is used for the purposes that you tick, and for nothing else: to recognise you here when you hold "
            "your hand over a reader. It is not sold, not traded, not given to anybody, and not used to train "
            "programs.",
        ),
    ),
    demo="This is a demo: what it keeps is gone when it ends.",
    how_long=(
        "How long",
        (
            "Until you take it back; otherwise until you have not used it for {inactive_days} days. Then the "
            "template, what was linked to it and the key without which it cannot be read are destroyed, in copies "
            "too, at the latest within {policy_days} days. That you agreed, and that it was destroyed, stays noted "
            "under a number.",
        ),
    ),
    choice=(
        "Your choice",
        (
            "You need not do this. Instead you can use {other_ways}, at the same price.",
            "You can take it back at any time, at a station in the shop with your hand alone, or through the contact "
            "below; it is as easy as enrolling, and nothing that was right until then becomes wrong by it.",
        ),
    ),
    who="Who answers for it",
    questions="Questions: {contact}.",
    other_ways="a bank card, a code of the app, or a member of the staff",
    authority="the data protection authority where you live or work",
    policy="on the page /palm/policy of this server",
    gdpr=(
        "In the European Union (GDPR)",
        (
            "A palm template is biometric data, a special category. {who} processes it only because you agree "
            "expressly (Art. 9(2)(a)). No decision about you is made by it beyond whether this is your palm, and it "
            "does not leave the machines of the shop.",
            "You may ask what is kept about you and receive it in a form that machines read, have it corrected or "
            "erased, and take your consent back. You may complain to {authority}.",
        ),
    ),
    bipa=(
        "In Illinois (BIPA)",
        (
            "With this text {who} informs you in writing that a biometric identifier of your hand is collected and "
            "stored, for which purposes, and for how long. By agreeing below it you give a written release, which "
            "may be electronic.",
            "It is destroyed when its purpose is over, or {inactive_days} days after the last time you used it, "
            "whichever comes first, and in any case within three years of that last time. Nobody profits from it, and "
            "it is disclosed to nobody. The schedule of keeping is public: {policy}.",
        ),
    ),
    cubi=(
        "In Texas (CUBI)",
        (
            "Before your hand is captured, {who} tells you that it is a biometric identifier captured for a "
            "commercial purpose, and captures it only if you agree. It is neither sold nor leased nor disclosed, and "
            "guarded like the shop's most confidential data. It is destroyed within {policy_days} days after its "
            "purpose is over, and when you have not used it for {inactive_days} days; the law allows a year.",
        ),
    ),
)
