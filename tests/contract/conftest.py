import pytest

pytest.register_assert_rewrite("earwitness.testing")
