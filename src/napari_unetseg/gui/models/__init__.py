"""The Models dock: the library of trained models."""
