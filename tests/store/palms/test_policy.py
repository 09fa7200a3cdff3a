"""Properties of wallets, consents, rates, PINs, proofs of age and challenges."""

import math

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.store.palms.stand_in import ALL, PalmClock, agreed, make_desk, samples
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.identity.badges import LinkUse, PalmLink
from tillfree.identity.codes import read_code
from tillfree.identity.keys import KeySet, make_signing_key
from tillfree.identity.settings import EntrySettings
from tillfree.storage.palm_vault.records import PURPOSES, LinkedCard, Profile, Purpose
from tillfree.store.palms.ages import read_age_proof
from tillfree.store.palms.consents import with_consent, without_purposes
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import PalmDeskError, StationError
from tillfree.store.palms.pins import has_pin, is_locked, made_pin, note_try
from tillfree.store.palms.policy import PALM_REASONS, Use, decide_use
from tillfree.store.palms.rates import false_match_rate, log_ratio_for, of_hands, of_tries
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.palms.stations import SentFrame, SignedCapture, signed_bytes
from tillfree.store.palms.wallets import CARDS_MAX, card_id, with_card, with_default, without_card

EMPTY = Profile(made_ns=1, consents=())
purposes = st.sets(st.sampled_from(PURPOSES))
ratios = st.floats(-50, 50)
KEY = Ed25519PrivateKey.from_private_bytes(b"n" * 32)


class NoAccounts:
    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:  # noqa: ARG002
        return PalmLink(account=account, token="tok of the app", last4="0007") if account == "ann" else None


@given(tokens=st.lists(st.sampled_from("abcdef"), max_size=12), gone=st.lists(st.integers(0, 9), max_size=6))
def test_a_wallet_has_each_card_once_and_a_default_that_is_there(tokens: list[str], gone: list[int]) -> None:
    profile = EMPTY
    for token in tokens:
        profile = with_card(profile, LinkedCard(token=token), default=token in "ace")
    assert len({card.token for card in profile.cards}) == len(profile.cards) == len(set(tokens))
    for number in gone:
        if profile.cards:
            default = profile.cards[profile.default_card]
            card = profile.cards[number % len(profile.cards)]
            profile = without_card(profile, card_id(card))
            assert card not in profile.cards
            if card != default:
                assert profile.cards[profile.default_card] == default
        assert profile.default_card == 0 or profile.default_card < len(profile.cards)


def test_a_wallet_has_an_end_and_no_numbers_of_cards() -> None:
    profile = EMPTY
    for number in range(CARDS_MAX):
        profile = with_card(profile, LinkedCard(token=f"t{number}"))
    for wrong in (LinkedCard(token="one more"), LinkedCard(token=""), LinkedCard(token="4111-1111-1111-1111")):
        with pytest.raises(PalmDeskError):
            with_card(profile, wrong)
    again = with_card(profile, LinkedCard(token="t3", last4="1234"), default=True)
    assert (len(again.cards), again.cards[again.default_card].last4) == (CARDS_MAX, "1234")
    for act in (without_card, with_default):
        with pytest.raises(PalmDeskError):
            act(profile, "nothing")


@given(given=st.lists(purposes, max_size=4), gone=st.lists(purposes, max_size=4))
def test_what_was_withdrawn_is_not_allowed_and_stays_written_down(
    given: list[set[Purpose]], gone: list[set[Purpose]]
) -> None:
    profile = EMPTY
    for some in given:
        if some:
            profile = with_consent(profile, agreed(*sorted(some)))
    ever = profile.purposes()
    for number, some in enumerate(gone):
        before = profile.purposes()
        profile = without_purposes(profile, some, number + 1)
        assert profile.purposes() == before - some
    told = {purpose for one in profile.consents for purpose in one.purposes}
    assert told == ever


@given(
    given=purposes, site=purposes, purpose=st.sampled_from(PURPOSES), amount=st.integers(0, 10**6),
    age=st.integers(0, 99), asked=st.integers(0, 99), confirmed=st.booleans(),
)  # fmt: skip
def test_a_palm_does_only_what_the_site_and_its_owner_allow(
    given: set[Purpose], site: set[Purpose], purpose: Purpose, amount: int, age: int, asked: int, confirmed: bool
) -> None:
    settings = PalmSettings(may=tuple(sorted(site)))
    profile = msgspec.structs.replace(
        with_card(EMPTY, LinkedCard(token="t", fingerprint="f")),
        consents=(agreed(*sorted(given)),) if given else (),
        loyalty="club",
        age_over=age,
        doors=("d",),
        confirmed=confirmed,
    )
    reason = decide_use(settings, profile, Use(purpose, amount_minor=amount, age_over=asked, door="d"), 0)
    assert reason in PALM_REASONS
    if purpose not in given or purpose not in site or not confirmed:
        assert reason
    elif purpose == "pay":
        assert (reason == "") == (amount <= settings.pin_over_minor)
    elif purpose == "age":
        assert (reason == "") == (0 < asked <= age)
    else:
        assert reason == ""


@given(log_ratio=st.floats(0, 60), persons=st.integers(1, 10**7), rate=st.floats(1e-12, 0.1))
def test_thresholds_and_rates_are_inverse(log_ratio: float, persons: int, rate: float) -> None:
    assert false_match_rate(log_ratio_for(rate, persons), persons) == pytest.approx(rate)
    assert false_match_rate(log_ratio, persons) <= 1.0
    assert log_ratio_for(rate, persons) <= log_ratio_for(rate, 10 * persons)


@given(found=st.lists(ratios, min_size=1, max_size=6))
def test_tries_are_one_witness_and_hands_are_two(found: list[float]) -> None:
    assert min(found) - 1e-9 <= of_tries(found) <= max(found) + 1e-9
    assert of_tries(found) >= max(found) - math.log(len(found)) - 1e-9
    assert of_hands(found) == pytest.approx(sum(found))
    assert math.exp(of_tries(found)) == pytest.approx(math.fsum(map(math.exp, found)) / len(found), rel=1e-6)
    assert (of_tries([]), of_hands([])) == (0.0, 0.0)
    assert of_tries([-math.inf, -math.inf]) == -math.inf
    assert of_hands([1.5, -0.5]) == 1.0


@given(digits=st.text("0123456789", min_size=4, max_size=8), other=st.text("0123456789", max_size=8))
def test_only_the_right_pin_is_right(digits: str, other: str) -> None:
    try:
        pin = made_pin(digits, cost=16, parallel=1)
    except PalmDeskError:
        return
    assert has_pin(pin, digits)
    assert has_pin(pin, other) == (digits == other)
    assert digits.encode() not in msgspec.msgpack.encode(pin)


@given(tries=st.lists(st.booleans(), max_size=20), most=st.integers(1, 5))
def test_so_many_wrong_pins_in_a_row_lock(tries: list[bool], most: int) -> None:
    profile, row = EMPTY, 0
    for now_ns, right in enumerate(tries):
        profile = note_try(profile, now_ns, right=right, wrong_max=most, lock_min=1)
        row = 0 if right else row + 1
        if row == most:
            assert is_locked(profile, now_ns)
            assert not is_locked(profile, now_ns + 60 * NS_PER_S)
            row = 0
        elif right:
            assert not is_locked(profile, now_ns)


def test_a_proof_of_age_is_for_one_reader_for_a_while_and_opens_no_gate() -> None:
    clock = PalmClock()
    desk = make_desk(clock=clock)
    proof = desk.ages.proof("ann", 21, "bar")
    now_s, keys = clock() // NS_PER_S, desk.ages.keys()
    claims = read_age_proof(proof, keys, "bar", now_s)
    assert (claims.age_over, claims.sub != "ann") == (21, True)
    assert desk.ages.proof("ann", 21, "bar") != proof
    for audience, when_s, trusted in (
        ("club", now_s, keys),
        ("bar", now_s + 120, keys),
        ("bar", now_s - 60, keys),
        ("bar", now_s, KeySet((make_signing_key(b"x" * 32).public,))),
    ):
        with pytest.raises(PalmDeskError):
            read_age_proof(proof, trusted, audience, when_s)
    for text in ("", "a.b.c", proof[:-4] + "AAAA", proof.replace(".", "")):
        with pytest.raises(PalmDeskError):
            read_age_proof(text, keys, "bar", now_s)
    as_code = read_code(proof, keys, "bar", now_s, EntrySettings())
    assert as_code.claims is None
    assert b'"tillfree_roles": []' in desk.ages.published()


def station_of(desk: PalmDesk) -> None:
    desk.stations.enrol("north", KEY.public_key().public_bytes_raw(), by="test")
    desk.stations.enrol("south", KEY.public_key().public_bytes_raw(), by="test")


def signed(desk: PalmDesk, clock: PalmClock, **changes: object) -> SignedCapture:
    nonce = desk.stations.challenge("north").nonce
    frames = (SentFrame("nir", b"one"), SentFrame("visible", b"two"))
    time_ms = clock() // NS_PER_MS
    signature = KEY.sign(signed_bytes("north", nonce, time_ms, frames))
    made = SignedCapture(station="north", nonce=nonce, time_ms=time_ms, frames=frames, signature=signature)
    return msgspec.structs.replace(made, **changes)


def test_a_signed_capture_is_accepted_once() -> None:
    clock = PalmClock()
    desk = make_desk(clock=clock)
    station_of(desk)
    capture = signed(desk, clock)
    desk.stations.accept(capture)
    with pytest.raises(StationError, match="was used"):
        desk.stations.accept(capture)


@pytest.mark.parametrize(
    "changes",
    [
        {"station": "south"},
        {"station": "nowhere"},
        {"nonce": "another"},
        {"time_ms": 0},
        {"frames": (SentFrame("nir", b"two"), SentFrame("visible", b"one"))},
        {"frames": (SentFrame("visible", b"one"), SentFrame("visible", b"two"))},
        {"frames": (SentFrame("nir", b"one"),)},
        {"frames": ()},
        {"signature": b""},
        {"signature": b"0" * 64},
    ],
)
def test_whatever_was_changed_in_a_capture_it_is_refused(changes: dict[str, object]) -> None:
    clock = PalmClock()
    desk = make_desk(clock=clock)
    station_of(desk)
    with pytest.raises(StationError):
        desk.stations.accept(signed(desk, clock, **changes))


def test_a_capture_of_yesterday_of_a_removed_station_or_under_an_old_key_is_refused() -> None:
    clock = PalmClock()
    desk = make_desk(clock=clock)
    station_of(desk)
    late = signed(desk, clock)
    clock.pass_s(20)
    with pytest.raises(StationError, match="too late"):
        desk.stations.accept(late)
    before = signed(desk, clock)
    desk.stations.enrol("north", Ed25519PrivateKey.generate().public_key().public_bytes_raw(), by="test")
    with pytest.raises(StationError):
        desk.stations.accept(before)
    desk.stations.remove("north", by="test")
    with pytest.raises(StationError):
        desk.stations.challenge("north")
    with pytest.raises(StationError):
        desk.stations.remove("north", by="test")


def test_old_challenges_give_way() -> None:
    clock = PalmClock()
    desk = make_desk(clock=clock)
    station_of(desk)
    first = signed(desk, clock)
    for _ in range(64):
        desk.stations.challenge("north")
    with pytest.raises(StationError):
        desk.stations.accept(first)
    desk.stations.accept(signed(desk, clock))


def test_the_gate_hears_only_what_the_owner_agreed_to() -> None:
    desk = make_desk()
    links = desk.links(NoAccounts())
    ann = desk.enrol(samples(1), agreed(*ALL), by="test").subject
    assert links.link(ann) is None  # nothing pays
    desk.change(ann, lambda one: msgspec.structs.replace(one, account="ann", loyalty="club", age_over=21), by="test")
    found = links.link(ann)
    assert found is not None
    assert (found.token, found.account, found.loyalty, found.age_years) == ("tok of the app", "ann", "club", 21)
    desk.change(ann, lambda one: with_card(one, LinkedCard(token="own", fingerprint="fp")), by="test")
    found = links.link(ann)
    assert found is not None
    assert (found.token, found.fingerprint, found.account) == ("own", "fp", "ann")
    desk.withdraw(ann, {"age", "loyalty"}, by="test")
    found = links.link(ann)
    assert found is not None
    assert (found.loyalty, found.age_years) == ("", 0)
    desk.withdraw(ann, {"pay"}, by="test")
    assert links.link(ann) is None
    desk.change(ann, lambda one: msgspec.structs.replace(one, role="associate"), by="test")
    found = links.link(ann)
    assert found is not None
    assert (found.role, found.token) == ("associate", "")
    desk.withdraw(ann, {"enter"}, by="test")
    assert links.link(ann) is None
    known = links.link("ann")  # a name of the app, as stations of others send it
    assert known is not None
    assert links.link("nobody") is None
