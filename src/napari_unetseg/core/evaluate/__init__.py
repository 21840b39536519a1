"""How good a segmentation is, in numbers and in one picture.

`comparable` refuses what cannot be compared, `pixels` reads block by block, `overlap`
counts, `report` answers; `panels` and `layout` make the `picture`. Import from these
modules: the package itself holds nothing.
"""
