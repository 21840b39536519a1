"""Networks: built, measured, turned into their valid twin, kept in a file."""
