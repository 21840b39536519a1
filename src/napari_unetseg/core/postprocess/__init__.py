"""From a network's scores to labels. Import from `classes`."""
