"""Anchors: other hands that keep our checkpoints. Whoever owns the database owns none of them.

`base` says what an anchor is; `files`, `mail` and `http` are the kinds; `configured` reads the settings; `delivery` brings each
anchor what it has not got, from committed rows, so that a crash loses nothing.
"""
