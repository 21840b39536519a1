"""The command line: each command asks a question and tells what happens to it.

`app` gathers the commands, one module each. A training or a segmentation is a run in a
process of its own: `starting` makes or finds its folder, `following` accompanies it and
`display` shows its events.
"""
