"""Many orders in one file: reading the file, line by line, and what an approval of it is bound to. Pure: no database, no clock."""
