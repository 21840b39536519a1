"""The dock that looks at the computer."""
