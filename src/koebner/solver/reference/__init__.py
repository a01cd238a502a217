"""The reference method: LSODA, slow and trusted."""
