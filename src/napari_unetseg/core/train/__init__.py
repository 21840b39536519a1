"""The loop that trains a network, and what it needs: batches, checkpoints, validation."""
