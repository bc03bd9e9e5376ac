"""The demo company: a description of it (`company`), and how it comes to life through the same commands that operators use."""
