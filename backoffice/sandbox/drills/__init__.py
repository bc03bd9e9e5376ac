"""Drills: the sandbox's own outside is told to misbehave, and people practise on what they then see.

Each simulator is a source of drills; `registry` lists them. No rail and nothing below the roof knows of any of this.
"""
