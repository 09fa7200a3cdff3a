"""What keeps a vault of palms in order: its keys, who is forgotten, the proof of its log. Each has its own scope."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import palms_of

__all__ = ["OPERATIONS"]


class RotationView(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys are wrapped by a new one; nobody enrols anew."""

    keys: int


class ForgottenView(msgspec.Struct, frozen=True, kw_only=True):
    """How many people were erased: their keys are destroyed."""

    inactive: Annotated[int, Meta(description="Not recognised for as long as `palm.inactive_days` says.")]
    unconfirmed: Annotated[int, Meta(description="Enrolled at home, and did not come in time.")]


class ProofQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was written down elsewhere."""

    head: Annotated[
        str, Meta(pattern="^([0-9a-f]{64})?$", description="A head that the log had once; empty: none is asked for.")
    ] = ""


class LogProofView(msgspec.Struct, frozen=True, kw_only=True):
    """What following the chain of the log found. Nothing of the entries is told.

    Write `head` down elsewhere: whoever does can prove later that nothing before it was altered.
    """

    whole: Annotated[bool, Meta(description="Whether all of it holds, and it once had the head that was asked for.")]
    entries: Annotated[int, Meta(description="So many entries hold.")]
    broken_at: Annotated[int | None, Meta(description="The first that does not: changed, removed, or put back.")]
    head: Annotated[str, Meta(description="The hash of the last entry that holds.")]
    had_head: Annotated[
        bool | None, Meta(description="Whether the log once had the head that was asked for; null: none was.")
    ]


def _rotate(call: Call) -> RotationView:
    keys = palms_of(call).rotate_keys(by=call.who)
    call.note("palm.rotate", "", f"{keys} keys")
    return RotationView(keys=keys)


def _forget(call: Call) -> ForgottenView:
    desk = palms_of(call)
    found = ForgottenView(inactive=desk.erase_inactive(by=call.who), unconfirmed=desk.erase_unconfirmed(by=call.who))
    call.note("palm.forget", "", f"{found.inactive} inactive, {found.unconfirmed} unconfirmed")
    return found


def _prove(call: Call) -> LogProofView:
    vault, head = palms_of(call).vault, call.asked(ProofQuery).head
    proof = vault.verify_log()
    had_head = vault.had_head(head) if head else None
    whole = proof.broken_at is None and had_head is not False
    call.note("palm.log", "", f"{proof.entries} entries hold" if whole else "it does not hold")
    return LogProofView(
        whole=whole, entries=proof.entries, broken_at=proof.broken_at, head=proof.head, had_head=had_head
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/palms/key-rotations",
        name="rotatePalmKeys",
        group="Palms",
        summary="Wrap all keys of the vault with a new one",
        about="Nobody has to enrol anew. With keys from elsewhere (`palm.key_source`) put the new one first before.",
        scope="palms:rotate",
        run=_rotate,
        answer=RotationView,
        status=201,
        problems=("refused",),
    ),
    Operation(
        method="POST",
        path="/palms/forgettings",
        name="forgetPalms",
        group="Palms",
        summary="Erase whoever is due to be forgotten",
        about="A store that runs does it by itself about once an hour. It goes by the settings, and by nothing else.",
        scope="palms:forget",
        run=_forget,
        answer=ForgottenView,
        status=201,
        problems=("refused",),
    ),
    Operation(
        method="GET",
        path="/palms/log-proof",
        name="provePalmLog",
        group="Palms",
        summary="Prove that the log of the vault is whole",
        scope="palms:prove",
        run=_prove,
        query=ProofQuery,
        answer=LogProofView,
    ),
)
