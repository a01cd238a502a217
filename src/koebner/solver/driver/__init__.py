"""The loop over steps of patients in lanes, written as LLVM code."""
