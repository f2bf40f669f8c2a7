"""The use cases: a module for each noun, a method for each verb; nothing here knows HTTP or SQL."""
