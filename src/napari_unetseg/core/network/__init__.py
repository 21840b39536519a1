"""Networks: how they are built, measured, turned into their valid twin, and kept in a file."""
