"""The Segment dock: a layer and a model become labels."""
