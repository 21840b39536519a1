"""The Train dock: layers and settings become a training."""
