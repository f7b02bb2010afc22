"""Settings of all tests.

Golden files are rewritten by ``make golden``, which sets FAIRLEAD_REWRITE_GOLDEN; see tests/golden.
"""

from hypothesis import settings

settings.register_profile("fairlead", derandomize=True, deadline=None)
settings.load_profile("fairlead")
