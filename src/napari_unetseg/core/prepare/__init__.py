"""From images and labels to what a network may see: values, targets, split, places."""
