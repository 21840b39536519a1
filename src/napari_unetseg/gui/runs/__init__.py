"""The Runs dock: what was trained and segmented on this computer."""
