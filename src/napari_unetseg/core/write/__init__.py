"""Images, labels and texts become files, each complete or not there at all."""
