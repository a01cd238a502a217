"""The disease, as text: pathway files, parameter packs, and how they become one model."""

from koebner.disease.load import PACKS, load_model, pathways
from koebner.disease.pack import PackParameter, load_pack

__all__ = ["PACKS", "PackParameter", "load_model", "load_pack", "pathways"]
