from tests.faults.conftest import zygote

__all__ = ["zygote"]
