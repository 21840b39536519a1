"""What the docks are made of: forms, boxes of layers, settings, workers."""
