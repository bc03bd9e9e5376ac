"""Files of many orders in the console: choosing one, reading what it would do, and following it line by line."""
