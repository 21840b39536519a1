"""A run as a dock shows it: started from layers, followed, found again."""
