"""From a network's scores to labels, tidy classes and objects."""
