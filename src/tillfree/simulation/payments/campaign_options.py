"""What a campaign is made of."""

import msgspec

from tillfree.simulation.payments.faults import ROUGH, FaultTable

__all__ = ["CampaignOptions"]


class CampaignOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign is made of. Shares are in millionths of the trips, `kill_ppm` of the requests.

    `forget_after_s`: the processor forgets keys after so long. `outage_s`: so long the program stays away after every
    tenth kill, which is more than that, so that what it asked before is no longer known by its key.
    """

    trips: int = 1000
    seed: int = 1
    faults: FaultTable = ROUGH
    forget_after_s: int = 24 * 3600
    trips_per_minute: int = 120
    kill_ppm: int = 200
    outage_s: int = 26 * 3600
    terminal_hold_ppm: int = 300_000
    nobody_ppm: int = 10_000
    empty_ppm: int = 80_000
    party_ppm: int = 50_000
    review_ppm: int = 10_000
    refund_ppm: int = 60_000
    dispute_ppm: int = 30_000
    poor_card_ppm: int = 30_000
