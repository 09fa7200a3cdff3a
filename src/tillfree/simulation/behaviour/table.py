"""All acts, in one table. A new one is a file beside this one and a line here."""

from tillfree.simulation.behaviour.act import PairAct, SoloAct
from tillfree.simulation.behaviour.bring_child import BringChild
from tillfree.simulation.behaviour.come_again import ComeAgain
from tillfree.simulation.behaviour.cross_arms import CrossArms
from tillfree.simulation.behaviour.drop import Drop
from tillfree.simulation.behaviour.hand_over import HandOver
from tillfree.simulation.behaviour.hide import Hide
from tillfree.simulation.behaviour.lean import Lean
from tillfree.simulation.behaviour.lift import Lift
from tillfree.simulation.behaviour.misplace import Misplace
from tillfree.simulation.behaviour.put_back import PutBack
from tillfree.simulation.behaviour.restock import Restock
from tillfree.simulation.behaviour.slow_take import SlowTake
from tillfree.simulation.behaviour.swap import Swap
from tillfree.simulation.behaviour.tailgate import Tailgate
from tillfree.simulation.behaviour.tailgate_in import TailgateIn
from tillfree.simulation.behaviour.take import Take
from tillfree.simulation.behaviour.together import Together
from tillfree.simulation.behaviour.touch import Touch
from tillfree.simulation.behaviour.two_kinds import TwoKinds
from tillfree.simulation.behaviour.two_same import TwoSame

__all__ = ["AWKWARD", "PLAIN"]

PLAIN = Take()
"""What people do else, and where an awkward act cannot be done."""

# The order is that of the draws: a new act goes to the end, or all recordings change.
AWKWARD: tuple[SoloAct | PairAct, ...] = (
    PutBack(),
    Misplace(),
    TwoSame(),
    TwoKinds(),
    Together(),
    HandOver(),
    Touch(),
    Lift(),
    SlowTake(),
    Swap(),
    CrossArms(),
    Lean(),
    Drop(),
    Hide(),
    BringChild(),
    Restock(),
    ComeAgain(),
    Tailgate(),
    TailgateIn(),
)
"""The acts that `ActRates` has rates of."""
