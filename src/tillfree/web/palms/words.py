"""What a station says: each code of what looks at hands, and of what comes of it, in words for whoever stands there."""

from typing import TYPE_CHECKING

from tillfree.web.texts import later

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["DOOR_WORDS", "GRANTED", "GUIDANCE", "LOG_WORDS", "PURPOSES", "REASONS", "RESULTS", "station_words"]

GUIDANCE: dict[str, str] = {
    "": later("Hold still"),
    "no hand": later("Hold your hand over the reader"),
    "closer": later("A little closer"),
    "further": later("A little further away"),
    "flatten": later("Open your hand flat"),
    "centre": later("Move your hand to the middle"),
    "spread fingers": later("Spread your fingers a little"),
    "other hand": later("Use your other hand"),
    "hold still": later("Hold still"),
    "more light": later("More light is needed"),
    "less light": later("There is too much light on your palm"),
    "turn": later("Turn your palm to the reader"),
    "lift": later("Lift your hand, then hold it here again"),
    "wait": later("One moment"),
    "other": later("Open your hand over the reader"),
}
"""What to do, by the codes of `palm.capture`; one that is not here is said as `other`."""

RESULTS: dict[str, tuple[str, str]] = {
    "known": (later("Welcome"), later("You may go on.")),
    "unknown": (later("Not recognised"), later("Lift your hand and try again, or try your other hand.")),
    "other hand": (
        later("Your other hand, please"),
        later("Lift this hand and hold the other one over the reader: both together may be enough."),
    ),
    "refused": (later("Not possible here"), later("Please ask somebody who works here.")),
    "enrolled": (
        later("Your palm is enrolled"),
        later("From now on your hand is enough. You can delete it at any time."),
    ),
    "already": (later("You are enrolled already"), later("Hold your hand over the reader to be recognised.")),
    "unlike": (later("That did not fit together"), later("Hold the same hand over the reader both times.")),
    "deleted": (later("Everything is deleted"), later("Your palm and what was linked to it are gone from here.")),
    "not live": (later("Not accepted"), later("Take off gloves, and show your hand itself.")),
    "unread": (later("Your palm could not be read"), later("Wipe your palm dry, take rings aside, and try once more.")),
    "trouble": (later("This does not work at the moment"), later("It is our fault. Please pay another way.")),
    "delete": (later("Delete everything?"), later("Your palm and what is linked to it are then gone from here.")),
    "pin": (later("Your PIN, please"), later("Here a palm alone is not enough.")),
}
"""Title and explanation of what comes of an attempt."""

_TO_STAFF = later("Show this to whoever works here.")
GRANTED: dict[str, tuple[str, str]] = {
    "identify": RESULTS["known"],
    "enter": (later("Welcome"), later("The gate is open.")),
    "pay": (later("You may pay"), _TO_STAFF),
    "loyalty": (later("Your loyalty account"), _TO_STAFF),
    "age": (later("Old enough"), _TO_STAFF),
    "door": (later("You may pass"), later("The door has been told. If it stays shut, ask somebody who works here.")),
}
"""The same by what a station is for, where somebody may do it: then comes what of it may be read by others."""

REASONS: dict[str, str] = {
    "no hand": later("There was no palm to be seen."),
    "poor": later("Hold your palm flat and still over the reader."),
    "not live": later("This cannot be read. Please ask somebody who works here."),
    "two hands": later("Two different hands were seen. Hold one hand of one person over the reader both times."),
    "not allowed": later("This cannot be done with a palm here."),
    "not agreed": later("You have not agreed to use your palm for this."),
    "unconfirmed": later("Your enrolment at home could not be confirmed by this hand. Please enrol here."),
    "not linked": later("Nothing is linked to your palm for this."),
    "locked": later("Too many wrong PINs. Please use another way for now."),
    "pin wrong": later("The PIN was not right."),
    "second factor needed": later("Please tap the card that you linked, too."),
    "too young": later("The age that is asked for here was not proved."),
    "no door": later("This door does not open for you."),
    "no pin": later("A PIN is needed here, and you have none. Please ask somebody who works here."),
    "door silent": later("The door does not answer. Please use another way."),
    "gate": later("The gate stays shut. Please ask somebody who works here."),
    "not waiting": later(
        "Nobody waits to enrol anew by that. Ask the staff for a code, or enter your PIN with your account or badge."
    ),
    "links kept": later("What you had linked is kept. From now on your hand is enough again."),
    "weak pin": later("A PIN of one digit, or of digits in a row, is guessed first. Please choose another one."),
    "old notice": later("The notice has changed. Please read it once more."),
    "no consent": later("Nothing is kept without your consent: you agree at least to be recognised."),
    "bad pin": later("A PIN has 4 to 12 digits."),
    "not possible": later("This cannot be agreed to here."),
    "too late": later("That took too long. Please begin again."),
    "picture": later("The pictures of this camera cannot be read."),
    "trouble": later("Something is wrong on our side; the server's log says what."),
    "not understood": later("Something is wrong on our side; the server's log says what."),
    "print": later("What was seen looks like a print."),
    "screen": later("What was seen looks like a screen."),
    "mask": later("What was seen looks like a mould of a hand."),
    "still": later("What was seen did not move as a hand does."),
}
"""Why, where the person may know it."""

PURPOSES: dict[str, str] = {
    "identify": later("Recognise me here"),
    "pay": later("Pay with the card that I link to it"),
    "enter": later("Come in through the gate"),
    "loyalty": later("Collect points of my loyalty account"),
    "door": later("Open doors that I may open"),
    "age": later("Prove that I am old enough, without my date of birth"),
}
"""What a palm may be used for; each is agreed to by itself."""

DOOR_WORDS: dict[str, tuple[str, str]] = {
    "ready": (later("ready"), "good"),
    "silent": (later("its controller does not ask"), "bad"),
    "no session": (later("its controller has another key"), "bad"),
}
"""How the line to a door is, for staff, and with which sign."""

LOG_WORDS: dict[str, str] = {
    "palm.enrol": later("Enrolled"),
    "palm.re-enrol": later("Enrolled anew"),
    "palm.add": later("Another hand enrolled"),
    "palm.confirm": later("Confirmed at a station"),
    "palm.link": later("Links changed"),
    "palm.card.add": later("Card linked"),
    "palm.code": later("Looked for by a code"),
    "palm.consent": later("Agreed to more"),
    "palm.withdraw": later("Consent withdrawn"),
    "palm.erase": later("Erased"),
    "palm.export": later("What is kept was handed out"),
    "palm.home.invite": later("Link to enrol at home"),
    "palm.home.used": later("Enrolled at home"),
    "palm.locked": later("Locked after wrong PINs"),
    "palm.revoke all": later("All revoked"),
    "palm.rotate": later("Keys changed"),
    "palm.door": later("Door asked to open"),
    "palm.door.silent": later("Door did not answer"),
    "palm.station.enrol": later("Station trusted"),
    "palm.station.remove": later("Station trusted no more"),
}
"""Words for the log of the vault; one that is not here is shown as it is."""


def station_words(ask: "Ask") -> dict[str, object]:
    """The other texts of the station's script."""
    return {
        "ready": ask.say("Hold your hand over the reader"),
        "round": ask.say("Step %(round)s of %(rounds)s"),
        "answers": {
            "pin": [ask.say("Go on"), ask.say("Cancel")],
            "delete": [ask.say("Delete everything"), ask.say("Cancel")],
        },
        "quality": ask.say("Quality %(quality)s of 100"),
        "live": ask.say("Liveness %(live)s of 100"),
        "not_judged": ask.say("Liveness is not checked here"),
        "speed": ask.say("Guidance after %(ms)s ms"),
        "no_camera": ask.say("There is no camera here that this page may use."),
        "camera_refused": ask.say("The camera was not allowed. Allow it for this page, then reload."),
        "camera_insecure": ask.say("Browsers give a camera only to this machine itself or over HTTPS."),
        "lost": ask.say("No connection to the server; trying again"),
        "person": ask.say("Simulated hand %(number)s"),
        "seconds": ask.say("%(seconds)s s"),
        "link_code": ask.say("To link a card or an account, tell the staff within %(minutes)s minutes: %(code)s"),
        "any_camera": ask.say("The one that the browser chooses"),
        "nir_camera": ask.say("None"),
        "camera_number": ask.say("Camera %(number)s"),
        "same_camera": ask.say("Choose two cameras: one sees only one light."),
        "no_nir": ask.say("The camera for near infrared is not there: only visible light is used."),
        "enrolling": ask.say("Enrolment"),
        "deleting": ask.say("Hold your hand over the reader: what belongs to it will be deleted"),
    }
