"""Machine code for this computer from LLVM modules, and the memory that holds it."""

import ctypes
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import llvmlite.binding as llvm

from koebner.errors import BuildError

_WIDE = ("avx512f", "avx2")


@lru_cache(maxsize=1)
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple()


def _target_machine() -> Any:
    return _target().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )


@lru_cache(maxsize=1)
def cpu() -> tuple[str, str, str]:
    """Return what decides on the machine code: type of CPU, its features, version of the compiler."""
    features = llvm.get_host_cpu_features().flatten()
    return llvm.get_host_cpu_name(), features, version("llvmlite")


@lru_cache(maxsize=1)
def lane_width() -> int:
    """Return how many patients share a register: 4 where registers hold as many doubles, else 2."""
    features = llvm.get_host_cpu_features()
    return 4 if any(features.get(name) for name in _WIDE) else 2


def assemble(module: Any) -> bytes:
    """Return the object code of an `llvmlite.ir` module.

    Raises
    ------
    BuildError
        When LLVM refuses the module; the error keeps its text.
    """
    text = str(module)
    machine = _target_machine()
    try:
        parsed = llvm.parse_assembly(text)
        parsed.verify()
    except RuntimeError as error:
        cause = str(error).strip().splitlines()[0]
        raise BuildError(f"the equations of `{module.name}` did not compile: {cause}", text=text) from error
    # Equations are straight lines of shared expressions: more passes take time and find nothing.
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_unrolling = False
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(parsed, passes)
    return bytes(machine.emit_object(parsed))


class Code:
    """Object code in memory; its functions live as long as this does."""

    def __init__(self, code: bytes) -> None:
        _target()
        # The engine starts from an empty module; all its code comes from the object.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Return the address of a function."""
        return int(self._engine.get_function_address(name))

    def function(self, name: str, n_pointers: int, *, returns_whole: bool = False) -> Any:
        """Return a function of addresses, called without Python's lock; it keeps this code alive."""
        result = ctypes.c_int64 if returns_whole else None
        function = ctypes.CFUNCTYPE(result, *[ctypes.c_void_p] * n_pointers)(self.address(name))
        function.code = self  # type: ignore[attr-defined]
        return function
