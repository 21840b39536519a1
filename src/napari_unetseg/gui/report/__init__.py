"""The IoU report dock: two labels layers become a table of scores."""
