"""Which version of a package is installed, under whatever name its distribution has.

The same library comes under several names: TensorFlow from PyPI as tensorflow or tensorflow-cpu, from Conda under
the name that the build gave it. What computes with it asks for the module, so only the telling of versions meets this.
"""

import importlib.util
from importlib import metadata

# Where the module that is imported is called otherwise than the package.
MODULES = {"scikit-learn": "sklearn"}


def told(package: str) -> str:
    """Return name and version of a package as it is installed, or that it is not found.

    The name is the package's own, or that of the distributions that hold its module.
    """
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        pass
    module = MODULES.get(package, package)
    if importlib.util.find_spec(module) is None:
        return f"{package} not found"
    # Looks at all that is installed, which takes longer: only where the name alone did not find it.
    holders = sorted(set(metadata.packages_distributions().get(module, [])))
    return ", ".join(f"{name} {metadata.version(name)}" for name in holders) or f"{package} of unknown version"
