"""The Python door: arrays or Images in, arrays or Images out."""
