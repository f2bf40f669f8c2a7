"""The therapy pathway as pure functions: measures and what their scores mean; no database, no web framework."""
