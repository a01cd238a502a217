"""Models whose solutions are known in closed form."""

from koebner.kinetics import read_antimony

DECAY = read_antimony("model decay()\n x = 1; k = 0.5; x' = -k*x\nend")

# dx/dt = x^2 from x = 1 is 1/(1 - t): it grows without bound at t = 1.
BLOW_UP = read_antimony("model blow_up()\n x = 1; k = 1; x' = k*x^2\nend")

ONE_COMPARTMENT = read_antimony(
    """model one_compartment()
      compartment body = 1; species depot in body, central in body
      depot = 0; central = 0; ka = 0.4; ke = 0.1; V = 5
      absorption: depot => central; ka*depot
      elimination: central => ; ke*central
      concentration := central/V
    end
    """
)
