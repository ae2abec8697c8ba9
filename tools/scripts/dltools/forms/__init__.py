"""Galaxy's JSON into typed values."""
