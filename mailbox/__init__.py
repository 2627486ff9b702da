"""Mail in and out. Shares its name with a standard module, whose public names stay here for those who need them."""

import importlib.util
import sysconfig
from pathlib import Path

_path = Path(sysconfig.get_paths()["stdlib"]) / "mailbox.py"
_spec = importlib.util.spec_from_file_location("_standard_mailbox", _path)
assert _spec is not None and _spec.loader is not None
_standard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_standard)
globals().update({name: getattr(_standard, name) for name in _standard.__all__})
__all__ = list(_standard.__all__)
