"""Public data sets in File > Open Sample: downloaded beside the window, then shown."""
