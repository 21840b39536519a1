"""A run is a folder: the question, the story while it is answered, and the answer.

`client` asks (create, start, watch, command) and loads no torch; `engine` answers, in a
process of its own. The two are joined by nothing but the folder.
"""
