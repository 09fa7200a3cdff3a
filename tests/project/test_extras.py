"""Whoever installs no extra can run a shop: packages of extras are loaded by what needs them, when it needs them."""

import subprocess
import sys

_WITHOUT = """
import importlib, pkgutil, sys
# Not Pillow: matplotlib, which is no extra, brings it.
for name in ("av", "cv2", "embreex", "faiss", "onnx", "onnxruntime", "torch"):
    sys.modules[name] = None
import tillfree
names = [found.name for found in pkgutil.walk_packages(tillfree.__path__, "tillfree.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""


def test_every_module_loads_without_the_extras() -> None:
    ran = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert int(ran.stdout) > 500
