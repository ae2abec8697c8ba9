"""Modules that are executed when something in them is asked for, which for most of them is never.

TensorFlow's public names lead into all that it has, and take half of its import. Keras' NumPy backend, on which
networks are designed, computes by way of JAX and SciPy, and hardly ever computes.

The standard library's `importlib.util.LazyLoader` would do the same but for one thing: TensorFlow looks at the
`__file__` of every module that there is, at which all of them would be executed.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_PUBLIC_NAMES = "tensorflow._api.v2."
_MODULES = frozenset(
    {"jax", "jax.lax", *(f"keras.src.backend.numpy.{name}" for name in ("image", "linalg", "math", "nn", "random"))}
)
# Whoever looks into a module while another thread executes it waits; executing one may lead to others.
_LOCK = threading.RLock()


def begin() -> None:
    """Defer the modules above from now on."""
    sys.meta_path.insert(0, _Finder)


def _is_deferred(name: str) -> bool:
    return name.startswith(_PUBLIC_NAMES) or name in _MODULES


class _Finder(importlib.machinery.PathFinder):
    """Finds the modules that are to be deferred."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the specification of a module that is to be deferred; leave others to other finders."""
        spec = super().find_spec(fullname, path, target) if _is_deferred(fullname) else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    """Executes a module at the first look for a name that is not there yet."""

    def __init__(self, loader: importlib.abc.Loader):
        self._loader, self._begun = loader, False

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Make the module as it would be made anyway."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty but for a function that Python asks for what is missing in it (PEP 562)."""

        def look(name: str) -> Any:
            submodule = f"{module.__name__}.{name}"
            with _LOCK:
                if not self._begun and submodule in _MODULES:
                    return importlib.import_module(submodule)
                self._execute(module, look)
            try:
                return vars(module)[name]
            except KeyError:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None

        vars(module)["__getattr__"] = look

    def _execute(self, module: ModuleType, look: Any) -> None:
        if self._begun:
            return
        self._begun = True
        parent = sys.modules.get(module.__name__.rpartition(".")[0])
        if parent is not None and isinstance(parent.__loader__, _Loader):
            parent.__loader__._execute(parent, vars(parent).get("__getattr__"))
        self._loader.exec_module(module)
        if vars(module).get("__getattr__") is look:
            del vars(module)["__getattr__"]
