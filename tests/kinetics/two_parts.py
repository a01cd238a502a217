"""Two parts of a model, each valid alone, that close each other's open inputs."""

UNITS = """
  unit time_unit = 86400 second; unit substance = dimensionless
  unit volume = dimensionless; unit extent = dimensionless
  unit day = 86400 second; unit per_day = 1/(86400 second); unit mg = 1e-3 gram; unit L = litre
  unit L_per_day = litre/(86400 second); unit mg_per_L = 1e-3 gram/litre; unit kDa = 1e3 gram/mole
  unit nM = 1e-9 mole/litre; unit million_per_kg = 1e6 item/(1e3 gram)
"""

CELLS = f"""
model cells()
  {UNITS}
  compartment body = 1; body has dimensionless
  substanceOnly species cell in body = 1; cell has dimensionless
  cell is "a cell"; cell identity "http://identifiers.org/CL/CL:0000000"
  tau = 7; tau has day
  n = 1.6; n has dimensionless
  effect has dimensionless
  half_life = tau*ln(2); half_life has day
  cell' = (1 - effect + 0.1*cell^n/(1 + cell^n) - cell)/tau
end
"""

DRUG = f"""
model drug()
  {UNITS}
  compartment body = 1; body has dimensionless
  substanceOnly species depot in body = 0; depot has mg
  substanceOnly species central in body = 0; central has mg
  substanceOnly species infused in body = 2; infused has million_per_kg
  ka = 0.3; ka has per_day
  CL = 0.2; CL has L_per_day
  V = 5.5; V has L
  mass = 150; mass has kDa
  K = 3; K has nM
  k_uptake = 0.01; k_uptake has per_day
  cell has dimensionless
  concentration := central/V; concentration has mg_per_L
  molar := concentration/mass; molar has nM
  effect := molar/(K + molar); effect has dimensionless
  absorption: depot => central; ka*depot
  clearance: central => ; CL/V*central
  uptake: central => ; k_uptake*cell*central
  infused' = -ka*infused
end
"""
