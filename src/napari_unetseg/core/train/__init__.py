"""The loop that trains a network; its batches, checkpoints and validation."""
