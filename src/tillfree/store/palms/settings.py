"""Settings of palms."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.storage.palm_vault.records import Purpose
from tillfree.store.palms.door_settings import DoorSettings, check_doors
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.notice_settings import NoticeSettings, StationSettings, need_lawful_days

__all__ = ["PalmSettings"]


def _unit(unit: str) -> dict[str, str]:
    return {"x-unit": unit}


_AMOUNT_MAX = 2**53
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class PalmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is recognised by a palm, and what that may do. As it comes there is nothing of it: no palm is read."""

    enabled: Annotated[
        bool,
        Meta(
            title="Palms",
            description="Whether people may enrol their palms here. Everything about them lies in a vault of its own.",
        ),
    ] = False
    keys_folder: Annotated[
        str,
        Meta(
            title="Folder of the keys",
            description="Where the keys of the vault lie, best on another disk and outside of its backups; empty: the "
            "folder `palm-keys` beside the store's data.",
            max_length=1000,
        ),
    ] = ""
    key_source: Annotated[
        Literal["file", "environment", "command"],
        Meta(
            title="Wrapping key",
            description="Where the key comes from that wraps those of persons: a file in the folder of keys, a "
            "variable of the environment, or what a command prints (of a key management service, say).",
        ),
    ] = "file"
    key_variable: Annotated[
        str,
        Meta(
            title="Variable of the wrapping key",
            description="With key_source = environment: ID:BASE64 of 32 random bytes, the newest first.",
            max_length=100,
            pattern="^[A-Z][A-Z0-9_]*$",
        ),
    ] = "TILLFREE_PALM_KEY"
    key_command: Annotated[
        str,
        Meta(
            title="Command of the wrapping key",
            description="With key_source = command: it prints the same; it is run without a shell when the store "
            "starts.",
            max_length=1000,
        ),
    ] = ""
    notice_version: Annotated[
        str,
        Meta(
            title="Version of the notice",
            description="Which text people agree to when they enrol. After a change only consents to the new one are "
            "taken; those that were given stay as they are.",
            min_length=1,
            max_length=40,
        ),
    ] = "1"
    may: Annotated[
        tuple[Purpose, ...],
        Meta(
            title="What a palm may do",
            description="Of these, whatever a person has agreed to: identify, pay, enter, age, door, loyalty.",
            max_length=6,
        ),
    ] = ("identify", "pay", "enter", "loyalty")
    may_at: Annotated[
        dict[Name, tuple[Purpose, ...]],
        Meta(
            title="What a palm may do at a station",
            description="By the name of a station or gate, in the place of palm.may: "
            'may_at = {"wine" = ["identify", "age"]}.',
        ),
    ] = msgspec.field(default_factory=dict)
    pin_over_minor: Annotated[
        int,
        Meta(
            title="PIN over",
            description="To pay more than this, a PIN is asked for; 0 asks for each amount.",
            ge=0,
            le=_AMOUNT_MAX,
            extra_json_schema=_unit("minor units"),
        ),
    ] = 5_000
    second_over_minor: Annotated[
        int,
        Meta(
            title="Second factor over",
            description="To pay more than this, a card of the wallet must be tapped as well.",
            ge=0,
            le=_AMOUNT_MAX,
            extra_json_schema=_unit("minor units"),
        ),
    ] = 20_000
    wrong_pins_max: Annotated[
        int,
        Meta(
            title="Wrong PINs",
            description="After so many in a row the palm pays nothing for a while.",
            ge=1,
            le=10,
            extra_json_schema=_unit("tries"),
        ),
    ] = 3
    lock_min: Annotated[
        int,
        Meta(
            title="Locked for",
            description="So long after too many wrong PINs.",
            ge=1,
            le=10_080,
            extra_json_schema=_unit("min"),
        ),
    ] = 30
    samples_min: Annotated[
        int,
        Meta(
            title="Samples to enrol",
            description="So many good samples of a hand are needed.",
            ge=1,
            le=10,
            extra_json_schema=_unit("samples"),
        ),
    ] = 3
    templates_max: Annotated[
        int,
        Meta(
            title="Templates of a hand",
            description="So many of its best samples are kept, as protected templates.",
            ge=1,
            le=10,
            extra_json_schema=_unit("templates"),
        ),
    ] = 3
    quality_min: Annotated[
        float,
        Meta(
            title="Least quality",
            description="A sample below it is neither enrolled nor compared.",
            ge=0.0,
            le=100.0,
            extra_json_schema=_unit("of 100"),
        ),
    ] = 30.0
    liveness: Annotated[
        Literal["required", "off"],
        Meta(
            title="Liveness",
            description="Whether a sample must have been judged to be of a live hand. A judge that was only tried on "
            "simulated attacks proves little: see the page on palms.",
        ),
    ] = "required"
    false_identification_rate: Annotated[
        float,
        Meta(
            title="False identifications",
            description="A stranger may be taken for anybody who is enrolled this often, at most, by the upper "
            "bound of what simulated strangers let expect; the threshold rises with the number of people.",
            ge=1e-12,
            le=0.1,
            extra_json_schema=_unit("of tries"),
        ),
    ] = 1e-4
    false_match_rate: Annotated[
        float,
        Meta(
            title="False matches",
            description="The same where it is known who somebody claims to be.",
            ge=1e-12,
            le=0.1,
            extra_json_schema=_unit("of tries"),
        ),
    ] = 1e-5
    duplicate_rate: Annotated[
        float,
        Meta(
            title="False duplicates",
            description="A new person may be taken for somebody who is enrolled this often, and is then refused.",
            ge=1e-12,
            le=0.1,
            extra_json_schema=_unit("of enrolments"),
        ),
    ] = 1e-3
    inactive_days: Annotated[
        int,
        Meta(
            title="Forgotten after",
            description="Whoever was not recognised for so long is erased: 365 days at most where palm.notice.laws has "
            "cubi (Texas), 1095 where it has bipa (Illinois).",
            ge=1,
            le=3650,
            extra_json_schema=_unit("days"),
        ),
    ] = 365
    doors: Annotated[
        tuple[DoorSettings, ...],
        Meta(
            title="Doors",
            description="Doors of an access control that a palm opens, as [[palm.doors]] with name, line and a key; "
            "see the page on doors.",
            max_length=100,
        ),
    ] = ()
    index: IndexSettings = IndexSettings()
    notice: NoticeSettings = NoticeSettings()
    station: StationSettings = StationSettings()
    attested: Annotated[
        bool,
        Meta(
            title="Stations sign",
            description="Whether captures are taken of enrolled stations only, signed and with a fresh challenge.",
        ),
    ] = True
    challenge_s: Annotated[
        int,
        Meta(
            title="Life of a challenge",
            description="A capture must come within this time after its challenge was asked for.",
            ge=2,
            le=120,
            extra_json_schema=_unit("s"),
        ),
    ] = 20
    age_attribute_s: Annotated[
        int,
        Meta(
            title="Life of a proof of age",
            description="So long is a signed statement about an age good.",
            ge=10,
            le=3600,
            extra_json_schema=_unit("s"),
        ),
    ] = 120

    def __post_init__(self) -> None:
        """What one value cannot tell alone.

        Raises:
            ValueError: templates would be kept for longer than the laws of the site allow, two doors contradict each
                other, a station at a door may not open it, or the station in a browser is to open a door and stands
                at none.
        """
        need_lawful_days(self.notice.laws, "palm.inactive_days", self.inactive_days)
        need_lawful_days(self.notice.laws, "palm.notice.policy_days", self.notice.policy_days)
        check_doors(self.doors)
        for door in self.doors:
            for station in door.at:
                if "door" not in self.may_at.get(station, self.may):
                    raise ValueError(
                        f'door {door.name!r}: palms may open no door at station {station!r}; put "door" into palm.may, '
                        "or into palm.may_at for that station"
                    )
        if self.station.enabled and self.station.purpose == "door" and self.door_at(self.station.name) is None:
            raise ValueError(
                f"palm.station.purpose is door, but no door of palm.doors has station {self.station.name!r}; "
                "name it in the door's stations"
            )

    def door(self, name: str) -> DoorSettings | None:
        """The door of a name; None where there is none."""
        return next((one for one in self.doors if one.name == name), None)

    def door_at(self, station: str) -> DoorSettings | None:
        """The door that a station stands at; None where there is none."""
        return next((one for one in self.doors if station in one.at), None)
