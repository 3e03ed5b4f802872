"""A short call that runs offline, for the demo command and for tests."""
