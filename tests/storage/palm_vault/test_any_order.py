"""Whatever is done to a vault in whatever order: it holds what a plain dictionary would hold."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.palm_vault.vaults import entry, numbers_of, profile, sketched, template
from tillfree.storage.palm_vault.key_rooms import KeyText
from tillfree.storage.palm_vault.records import Profile
from tillfree.storage.palm_vault.vault import PalmVault

KEYS = "new:" + "B" * 42 + "A= old:" + "A" * 43 + "="
Act = tuple[str, int, int]
acts = st.lists(
    st.tuples(
        st.sampled_from(["enrol", "many", "change", "add", "instead", "erase", "rotate", "revoke"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=14,
)


@given(acts=acts)
def test_a_vault_is_a_dictionary_that_forgets(acts: list[Act]) -> None:
    model: dict[str, tuple[Profile, list[bytes]]] = {}
    before: set[int] = set()
    last = 0
    with PalmVault.open(None, KeyText(KEYS, "the test")) as vault:
        for number, (act, which, count) in enumerate(acts):
            if number % 2:
                vault.keep_sketches(sketched(vault, vault.subjects()))
            done_to(vault, model, act, which, count, str(number))
            # Of every one that is there: it is that of the templates that are there, whatever was done.
            for name, sketch in vault.sketches():
                assert sketch == numbers_of(vault, name)
            opened = vault.templates_of([*model, "nobody"])
            assert {name: [one.template.data for one in kept] for name, kept in opened.templates.items()} == {
                name: kept for name, (_, kept) in model.items()
            }
            there = set(vault.template_numbers())
            assert len(there) == vault.template_count()
            assert all(number > last for number in there - before)
            before, last = there, max(there | {last})
            assert set(vault.subjects()) == set(model)
            for subject, (kept, data) in model.items():
                assert vault.profile(subject) == kept
                assert [one.template.data for one in vault.templates(subject)] == data
        proof = vault.verify_log()
        assert (proof.broken_at, proof.entries >= len(model)) == (None, True)


def done_to(
    vault: PalmVault, model: dict[str, tuple[Profile, list[bytes]]], act: str, which: int, count: int, mark: str
) -> None:
    data = [f"{mark}-{number}".encode() for number in range(count)]
    templates = [template(one) for one in data]
    subject = sorted(model)[which % len(model)] if model else "nobody"
    match act:
        case "enrol":
            model[vault.enrol(profile(mark), templates, entry(), 1)] = (profile(mark), data)
        case "many":
            for name in vault.enrol_many([(profile(mark), templates)] * count, entry(), 1):
                model[name] = (profile(mark), data)
        case "change" | "add" | "instead":
            after = vault.change(
                subject,
                lambda one: msgspec.structs.replace(one, loyalty=mark),
                entry(),
                templates=templates if act != "change" else (),
                instead=act == "instead",
            )
            if subject in model:
                assert after is not None
                before = [] if act == "instead" else model[subject][1]
                model[subject] = (after, [*before, *(data if act != "change" else [])])
            else:
                assert after is None
        case "erase":
            assert (vault.erase(subject, entry()) is not None) == (model.pop(subject, None) is not None)
        case "rotate":
            assert vault.rotate(entry()) == len(model) + 4
        case "revoke":
            assert vault.revoke_all(entry()) == len(model)
            for name, (kept, _) in list(model.items()):
                model[name] = (kept, [])
