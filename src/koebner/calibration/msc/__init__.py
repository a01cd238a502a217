"""The MSC block after Cheng 2022: 17 uncontrolled patients, exploratory."""
